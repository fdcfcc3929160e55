import { identityTied, signInProviderCreated, signInProviderUpdated } from '../../../generated/opora/directory/v1/events.ts';
import type { SignInProvider, TieIdentityRequest, UpdateSignInProviderRequest } from '../../../generated/opora/directory/v1/sign_in.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { violatedConstraint } from '../../../platform/postgres/server-error.ts';
import type { Call, Principal } from '../../../platform/rpc/call.ts';
import { tellAct } from '../audit/tell-act.ts';
import { checkProvider } from '../domain/check-provider.ts';
import { describeChanges } from '../domain/describe-changes.ts';
import { unite } from '../domain/permissions.ts';
import { requireCovered } from '../roles.ts';
import type { AccountState } from '../storage/account-store.ts';
import { readRoles } from '../storage/role-store.ts';
import { putIdentity } from './identity-store.ts';
import { insertProvider, type ProviderState, readProviders, updateProvider } from './provider-store.ts';

export interface ProviderParts {
  database: Database;
  findAccount(id: string): Promise<AccountState>;
}

export function providerUseCases({ database, findAccount }: ProviderParts) {
  async function find(name: string): Promise<ProviderState> {
    const provider = (await readProviders(database)).find((one) => one.name === name);
    if (!provider) throw new AppError('not_found', `There is no sign-in provider "${name}".`);
    return provider;
  }

  /** Throws AppError `invalid_input` with all that does not fit, `not_allowed` for a role that gives more than the giver has. */
  async function check(wanted: SignInProvider, giver: Principal, at: string): Promise<void> {
    const roles = new Map((await readRoles(database)).map((role) => [role.name, role]));
    const named = [
      ...wanted.roles.map((role, index) => ({ role, pointer: `/roles/${index}` })),
      ...wanted.groupRoles.map(({ role }, index) => ({ role, pointer: `/groupRoles/${index}/role` })),
    ];
    const unknown = named.flatMap(({ role, pointer }) =>
      roles.has(role) ? [] : [{ pointer, message: `must be one of: ${[...roles.keys()].join(', ')}` }],
    );
    const violations = [...checkProvider(wanted), ...unknown].map(({ pointer, message }) => ({ pointer: `${at}${pointer}`, message }));
    if (violations.length > 0) throw new AppError('invalid_input', 'Nobody could sign in like that.', { violations });
    requireCovered(giver, unite(named.flatMap(({ role }) => roles.get(role) ?? [])));
  }

  return {
    find,

    async create(wanted: SignInProvider, call: Call): Promise<SignInProvider> {
      await check(wanted, call.principal, '');
      const provider: ProviderState = { ...wanted, version: 1 };
      const told = signInProviderCreated({
        name: wanted.name,
        version: 1,
        ...tellAct(call.principal, describeChanges(undefined, wanted, toldFields)),
      });
      try {
        return await call.commit({ statements: [insertProvider(provider)], events: [told] }, provider);
      } catch (error) {
        if (violatedConstraint(error) !== 'sign_in_provider_pkey') throw error;
        const violations = [{ pointer: '/name', message: 'is taken by another provider' }];
        throw new AppError('conflict', `There is a provider "${wanted.name}" already.`, { violations, cause: error });
      }
    },

    async update({ name, expectedVersion, provider: wanted }: UpdateSignInProviderRequest, call: Call): Promise<SignInProvider> {
      const before = await find(name);
      if (before.version !== expectedVersion)
        throw new AppError(
          'conflict',
          `The provider was changed meanwhile: it is at version ${before.version}, not ${expectedVersion}. Read it again.`,
        );
      if (!wanted || wanted.name !== name)
        throw new AppError('invalid_input', 'A provider keeps its name.', {
          violations: [{ pointer: '/provider/name', message: `must be ${name}` }],
        });
      await check(wanted, call.principal, '/provider');
      const provider: ProviderState = { ...wanted, version: before.version + 1 };
      const changes = describeChanges<SignInProvider>(before, provider, toldFields);
      const told = signInProviderUpdated({ name, version: provider.version, ...tellAct(call.principal, changes) });
      return call.commit({ statements: [updateProvider(provider)], events: [told] }, provider);
    },

    /** Throws AppError `not_allowed` for an account that may do more than the caller: whoever is the subject could act as it. */
    async tie<Answer>({ id, provider, subject }: TieIdentityRequest, call: Call, answer: Answer): Promise<Answer> {
      const [account] = await Promise.all([findAccount(id), find(provider)]);
      requireCovered(call.principal, account);
      const told = identityTied({
        accountId: id,
        login: account.login,
        provider,
        subject,
        ...tellAct(call.principal, [{ field: 'subject', after: subject }]),
      });
      return call.commit({ statements: [putIdentity({ provider, subject }, id)], events: [told] }, answer);
    },
  };
}

/** What the audit log tells of a provider: all of it, as no secret is a part of it. */
const toldFields = [
  'titleEn',
  'titleRu',
  'enabled',
  'oidc',
  'ldap',
  'createsAccounts',
  'linksAccounts',
  'personSystem',
  'roles',
  'groupRoles',
] as const;
