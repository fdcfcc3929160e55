import { createOidcClients } from './oidc.ts';
import { createOtherSignIns } from './other-sign-ins.ts';
import type { ProviderParts } from './providers.ts';
import type { Environment } from './read-secret.ts';
import type { ResolveParts } from './resolve-subject.ts';
import { openSeal } from './seal.ts';
import { signInMethods } from './sign-in-methods.ts';

/** Signing in by others: what the local sign-in asks, and the contract's methods. `secrets`: by the names that definitions of providers say. */
export async function openSignIns({ secrets, ...parts }: ResolveParts & { secrets: Environment }) {
  const clients = createOidcClients(secrets);
  const seal = await openSeal(parts.database);
  return {
    others: createOtherSignIns({ ...parts, clients, environment: secrets }),
    methods: ({ findAccount }: Pick<ProviderParts, 'findAccount'>) => signInMethods({ ...parts, clients, seal, findAccount }),
  };
}
