import { AppError } from '../../../platform/errors/app-error.ts';
import type { Call } from '../../../platform/rpc/call.ts';
import { findSubjectHolder, type Holder } from '../storage/credential-store.ts';
import { hasLdap, signInByLdap } from './ldap.ts';
import { hasOidc, type OidcClients } from './oidc.ts';
import { readProviders } from './provider-store.ts';
import type { Environment } from './read-secret.ts';
import { type Resolved, type ResolveParts, resolveSubject } from './resolve-subject.ts';

export type OtherSignIns = ReturnType<typeof createOtherSignIns>;

/** Signing in by others, as far as the local sign-in knows of it. */
export function createOtherSignIns(parts: ResolveParts & { clients: OidcClients; environment: Environment }) {
  const { database, clients, environment } = parts;
  return {
    /**
     * Asks the LDAP directories, in the order of their names, until one has this login with this password. Undefined when none has; throws AppError `unavailable`
     * when none has and one did not answer.
     */
    async byPassword(login: string, password: string, call: Call): Promise<{ resolve(): Promise<Resolved & { provider: string }> } | undefined> {
      let trouble: unknown;
      for (const provider of (await readProviders(database)).filter(hasLdap)) {
        if (!provider.enabled) continue;
        try {
          const subject = await signInByLdap(provider, login, password, environment);
          if (subject) return { resolve: async () => ({ ...(await resolveSubject(parts, provider, subject, call)), provider: provider.name }) };
        } catch (error) {
          call.log.warn({ err: error, provider: provider.name }, 'an LDAP directory could not be asked');
          trouble ??= error;
        }
      }
      if (trouble !== undefined) throw trouble;
      return undefined;
    },

    /** Whom an access token of a provider stands for. Throws AppError `unauthenticated`, also for somebody who is tied to no account, and `unavailable`. */
    async findHolder(token: string, now: number): Promise<Holder> {
      const { provider, holder } = await clients.verify(await readProviders(database), token, now);
      const found = await findSubjectHolder(database, { provider: provider.name, ...holder });
      if (!found) throw new AppError('unauthenticated', 'No account is tied to whom this token is for: an administrator can tie one.');
      return found;
    },

    /** Where the browser ends its session with this provider; undefined where that cannot be found out now. */
    async endUrl(name: string, returnTo: string): Promise<string | undefined> {
      const provider = (await readProviders(database)).filter(hasOidc).find((one) => one.name === name);
      return provider && clients.endUrl(provider, returnTo).catch(() => undefined);
    },
  };
}
