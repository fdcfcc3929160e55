import { type CreateTokenRequest, DirectoryService } from '../../generated/opora/directory/v1/directory.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { CallOptions, Client, Principal } from '../../platform/rpc/call.ts';
import { createClient } from '../../platform/rpc/client.ts';
import { createInProcessTransport } from '../../platform/rpc/in-process.ts';
import { bindMethods } from '../../platform/rpc/server.ts';
import { serve } from '../../platform/service/define-service.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { createFirstAdministrator } from './bootstrap.ts';
import { createPasswords, type Passwords } from './passwords.ts';
import { directoryMethods } from './rpc.ts';
import { openSignIns } from './sign-in/open-sign-ins.ts';
import { createSignInGuard } from './sign-in-guard.ts';

const password = 'корректная лошадь';
const gateway: Principal = { kind: 'service', id: 'gateway', name: 'gateway', permissions: ['*'] };
const clock = { at: Date.parse('2026-03-02T09:00:00.000Z'), now: () => clock.at };
const hour = 3_600_000;

let database: TestDatabase;
let passwords: Passwords;
let directory: Client<DirectoryService>;
let admin: Principal;

function as(principal: Principal, idempotencyKey?: string): CallOptions {
  return { deadline: Date.now() + 10_000, principal, ...(idempotencyKey !== undefined && { idempotencyKey }) };
}

function bootstrap(more: { password?: string; token?: string } = {}) {
  return createFirstAdministrator({ database, passwords, clock, newId: newUuid, locale: 'ru', ...more });
}

/** An account with a password, as a principal with everything that its roles allow. */
async function newPerson(login: string, roles: string[]): Promise<Principal> {
  const account = await directory.createAccount({ login, name: login, roles, password }, as(admin));
  const { items } = await directory.listRoles({}, as(admin));
  const permissions = items.filter((role) => roles.includes(role.name)).flatMap((role) => role.permissions);
  return { kind: 'account', id: account.id, name: account.name, permissions };
}

async function newToken(owner: Principal, more: Partial<CreateTokenRequest> = {}) {
  const token = await directory.createToken({ name: 'test', scopes: [], ...more }, as(owner));
  return { ...token, secret: token.secret ?? '' };
}

const holderOf = (token: string) => directory.authenticate({ token }, as(gateway));
const announced = async () =>
  (await database.query<{ type: string }>(sql`select type from outbox order by id`)).map(({ type }) => type.split('.').at(-1));

beforeAll(async () => {
  database = await openTestDatabase({ name: 'directory', migrations: new URL('./storage/migrations/', import.meta.url) }, { clock });
  passwords = await createPasswords();
  await bootstrap({ password: 'admin-password', token: 'a token for scripts' });
  const contract = loadContract();
  const transport = createInProcessTransport();
  const methods = directoryMethods({
    database,
    passwords,
    guard: createSignInGuard(database),
    others: (await openSignIns({ database, defaultLocale: 'ru', secrets: {} })).others,
    defaultLocale: 'ru',
    known: { all: new Set(['tickets.read', 'cmdb.read', 'directory.manage']), restrictable: new Set(['cmdb.read']), checkGrant: () => undefined },
  });
  const serving = { contract, database, clock, newId: newUuid, log: createLogger({ level: 'error' }), metrics: createMetrics() };
  const bound = bindMethods({ served: [serve(DirectoryService, methods)], ...serving });
  for (const [service, bindings] of Object.entries(bound)) await transport.serve(service, bindings);
  directory = createClient(DirectoryService, { contract, transport });
  const { accountId } = await holderOf('a token for scripts');
  admin = { kind: 'account', id: accountId, name: 'admin', permissions: ['*'] };
});
afterAll(() => database.close());

describe('the first start', () => {
  it('makes the administrator with the password and token that were given', async () => {
    const { me } = await directory.signIn({ login: 'ADMIN', password: 'admin-password' }, as(gateway));
    expect(me).toMatchObject({ id: admin.id, login: 'admin', locale: 'ru', roles: ['administrator'], permissions: ['*'] });
  });

  it('happens once: later starts change nothing and tell no password', async () => {
    expect(await bootstrap({ token: 'another token' })).toEqual({});
    await expect(holderOf('another token')).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('tells a password only when it had to make one', async () => {
    const empty = await openTestDatabase({ name: 'directory', migrations: new URL('./storage/migrations/', import.meta.url) });
    const starts = [1, 2].map(() => createFirstAdministrator({ database: empty, passwords, clock, newId: newUuid, locale: 'en' }));
    const told = (await Promise.all(starts)).flatMap(({ madePassword }) => madePassword ?? []);
    expect(told).toEqual([expect.stringMatching(/^(?:[a-z2-9]{5}-){3}[a-z2-9]{5}$/)]);
    await empty.close();
  });
});

describe('accounts', () => {
  it('are made, read by id or login, and listed page by page', async () => {
    for (const login of ['Zoya', 'yury', 'Xenia']) await newPerson(login, ['requester']);
    expect(await directory.getAccount({ id: 'ZOYA' }, as(admin))).toMatchObject({ login: 'Zoya', roles: ['requester'], active: true, version: 1 });
    const first = await directory.listAccounts({ limit: 2, role: 'requester' }, as(admin));
    const second = await directory.listAccounts({ limit: 2, role: 'requester', after: first.next ?? '' }, as(admin));
    expect([...first.items, ...second.items].map(({ login }) => login)).toEqual(['Xenia', 'yury', 'Zoya']);
    expect(second.next).toBeUndefined();
    expect((await directory.listAccounts({ q: 'OY' }, as(admin))).items.map(({ login }) => login)).toEqual(['Zoya']);
  });

  it('never show a password, not even its hash', async () => {
    expect(JSON.stringify(await directory.getAccount({ id: 'zoya' }, as(admin)))).not.toMatch(/argon|"password|корректная/i);
  });

  it('cannot share a login, whatever its letters', async () => {
    const twice = directory.createAccount({ login: 'zOYA', name: 'Other', roles: [] }, as(admin));
    await expect(twice).rejects.toMatchObject({ kind: 'conflict', violations: [{ pointer: '/login' }] });
  });

  it('are made once for one idempotency key', async () => {
    const request = { login: 'once', name: 'Once', roles: [] };
    const first = await directory.createAccount(request, as(admin, 'key-1'));
    expect(await directory.createAccount(request, as(admin, 'key-1'))).toEqual(first);
  });

  it('refuse roles that do not exist, and name them', async () => {
    const attempt = directory.createAccount({ login: 'nobody-yet', name: 'x', roles: ['agent', 'king'] }, as(admin));
    await expect(attempt).rejects.toMatchObject({ kind: 'invalid_input', violations: [{ pointer: '/roles/1' }] });
  });

  it('change only at the version that was read', async () => {
    const { id } = await newPerson('wanda', ['requester']);
    const change = { id, expectedVersion: 1, roles: [] };
    expect(await directory.updateAccount({ ...change, name: 'Wanda W' }, as(admin))).toMatchObject({
      name: 'Wanda W',
      version: 2,
      roles: ['requester'],
    });
    await expect(directory.updateAccount({ ...change, name: 'Lost' }, as(admin))).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('end their sessions and tokens when they are no longer active', async () => {
    const person = await newPerson('viktor', ['agent']);
    const token = await newToken(person);
    const { secret } = await directory.signIn({ login: 'viktor', password }, as(gateway));
    await directory.updateAccount({ id: person.id, expectedVersion: 1, roles: [], active: false }, as(admin));
    await expect(holderOf(token.secret)).rejects.toMatchObject({ kind: 'unauthenticated' });
    await expect(directory.authenticate({ session: secret }, as(gateway))).rejects.toMatchObject({ kind: 'unauthenticated' });
    expect((await announced()).slice(-2)).toEqual(['AccountUpdated', 'SessionEnded']);
    await expect(directory.signIn({ login: 'viktor', password }, as(gateway))).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('cannot be given more than the giver has', async () => {
    const manager: Principal = {
      kind: 'account',
      id: newUuid(),
      name: 'deputy',
      permissions: ['directory.manage', 'directory.read', 'tickets.create', 'tickets.read_own'],
    };
    const rise = directory.createAccount({ login: 'rise', name: 'x', roles: ['administrator'] }, as(manager));
    await expect(rise).rejects.toMatchObject({ kind: 'not_allowed' });
    const takeOver = directory.updateAccount({ id: admin.id, expectedVersion: 1, roles: [], password: 'mine now, thanks' }, as(manager));
    await expect(takeOver).rejects.toMatchObject({ kind: 'not_allowed' });
    expect(await directory.createAccount({ login: 'equal', name: 'x', roles: ['requester'] }, as(manager))).toMatchObject({ roles: ['requester'] });
  });

  it('cannot lock themselves out', async () => {
    const attempt = directory.updateAccount({ id: admin.id, expectedVersion: 1, roles: [], active: false }, as(admin));
    await expect(attempt).rejects.toMatchObject({ kind: 'illegal_state' });
  });
});

describe('signing in', () => {
  it('is refused in the same words for a wrong password, an unknown login and an account without a password', async () => {
    await directory.createAccount({ login: 'robot', name: 'Robot', roles: ['integration'] }, as(admin));
    const attempts = [
      { login: 'zoya', password: 'wrong' },
      { login: 'no-such-login', password },
      { login: 'robot', password },
    ];
    const refusals = await Promise.all(attempts.map((attempt) => directory.signIn(attempt, as(gateway)).catch((error: Error) => error.message)));
    expect(new Set(refusals)).toEqual(new Set(['The login or the password is wrong.']));
  });

  it('works as hard for a login that does not exist, so that the time tells nothing', async () => {
    const work = async (login: string) => {
      const before = process.cpuUsage();
      await directory.signIn({ login, password: 'wrong' }, as(gateway)).catch(() => undefined);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const spent = { known: 0, unknown: 0 };
    for (let round = 0; round < 7; round++) {
      spent.known += await work('zoya');
      spent.unknown += await work('no-such-login');
    }
    expect(spent.unknown).toBeGreaterThan(spent.known * 0.5);
  });

  it('gives a session that ends when its owner signs out', async () => {
    const { secret, sessionId } = await directory.signIn({ login: 'zoya', password }, as(gateway));
    expect(await directory.authenticate({ session: secret }, as(gateway))).toMatchObject({
      name: 'Zoya',
      credentialId: sessionId,
      permissions: ['tickets.create', 'tickets.read_own'],
    });
    await directory.signOut({ secret }, as(gateway));
    await directory.signOut({ secret }, as(gateway));
    await expect(directory.authenticate({ session: secret }, as(gateway))).rejects.toMatchObject({ kind: 'unauthenticated' });
    expect((await announced()).slice(-2)).toEqual(['SessionStarted', 'SessionEnded']);
  });

  it('gives a session that ends after twelve hours without use, and after seven days with it', async () => {
    const began = clock.at;
    const idle = await directory.signIn({ login: 'zoya', password }, as(gateway));
    const used = await directory.signIn({ login: 'zoya', password }, as(gateway));
    const isGood = async (secret: string) => {
      try {
        await directory.authenticate({ session: secret }, as(gateway));
        return true;
      } catch {
        return false;
      }
    };
    clock.at = began + 11 * hour;
    expect(await isGood(used.secret)).toBe(true);
    clock.at = began + 13 * hour;
    expect([await isGood(idle.secret), await isGood(used.secret)]).toEqual([false, true]);
    while (clock.at + 11 * hour < began + 7 * 24 * hour) {
      clock.at += 11 * hour;
      expect(await isGood(used.secret)).toBe(true);
    }
    clock.at = began + 7 * 24 * hour + 1;
    expect(await isGood(used.secret)).toBe(false);
  });

  it('keeps nothing in the records that would open a session or be a password', async () => {
    const { secret } = await directory.signIn({ login: 'zoya', password }, as(gateway));
    const token = await newToken(admin);
    const rows = await database.query<{ row: string }>(
      sql`select row_to_json(t)::text as row from session t union all select row_to_json(t)::text from token t union all select row_to_json(t)::text from account t
        union all select row_to_json(t)::text from outbox t union all select row_to_json(t)::text from idempotency t`,
    );
    const text = rows.map(({ row }) => row).join('\n');
    for (const hidden of [secret, token.secret, password, 'a token for scripts']) expect(text).not.toContain(hidden);
    expect(text).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
  });
});

describe('tokens', () => {
  it('are shown once, and open what their account may do', async () => {
    const token = await newToken(admin, { name: 'Prometheus' });
    expect(token.secret).toMatch(/^opora_[\w-]{43}$/);
    expect(await holderOf(token.secret)).toMatchObject({ accountId: admin.id, credentialId: token.id, permissions: ['*'] });
    expect(await directory.getToken({ id: token.id }, as(admin))).not.toHaveProperty('secret');
    expect(JSON.stringify(await directory.listTokens({}, as(admin)))).not.toContain('opora_');
  });

  it('never give their secret to a second asker with the same idempotency key', async () => {
    const request = { name: 'again', scopes: [] };
    const first = await directory.createToken(request, as(admin, 'token-key'));
    expect(first.secret).toBeDefined();
    const recorded = await database.query<{ answer: Buffer }>(sql`select answer from idempotency`);
    expect(recorded.some(({ answer }) => answer.includes(first.secret ?? 'missing'))).toBe(false);
  });

  it('are narrowed to their scopes', async () => {
    const token = await newToken(admin, { scopes: ['tickets.read'] });
    expect((await holderOf(token.secret)).permissions).toEqual(['tickets.read']);
  });

  it('refuse scopes that nobody knows', async () => {
    await expect(newToken(admin, { scopes: ['tickets.read', 'tickets.fly'] })).rejects.toMatchObject({
      kind: 'invalid_input',
      violations: [{ pointer: '/scopes/1' }],
    });
  });

  it('made with a narrow token are no wider', async () => {
    const narrow: Principal = { ...admin, permissions: ['tickets.read'] };
    const token = await newToken(narrow);
    expect((await holderOf(token.secret)).permissions).toEqual(['tickets.read']);
    await expect(newToken(narrow, { scopes: ['directory.manage'] })).rejects.toMatchObject({ kind: 'not_allowed' });
    await expect(newToken({ ...admin, permissions: [] })).rejects.toMatchObject({ kind: 'not_allowed' });
  });

  it('of others need directory.manage, and cannot be wider than the maker', async () => {
    const agent = await newPerson('ulyana', ['agent']);
    await expect(newToken(agent, { accountId: admin.id })).rejects.toMatchObject({ kind: 'not_allowed' });
    await expect(directory.listTokens({ accountId: admin.id }, as(agent))).rejects.toMatchObject({ kind: 'not_allowed' });
    const manager: Principal = { ...agent, permissions: ['directory.manage'] };
    await expect(newToken(manager, { accountId: admin.id })).rejects.toMatchObject({ kind: 'not_allowed' });
    const given = await newToken(admin, { accountId: agent.id });
    expect(await holderOf(given.secret)).toMatchObject({ accountId: agent.id });
    expect((await directory.listTokens({}, as(agent))).items.map(({ id }) => id)).toEqual([given.id]);
  });

  it('end when they expire', async () => {
    const began = clock.at;
    const token = await newToken(admin, { expiresAt: new Date(began + hour).toISOString() });
    clock.at = began + hour - 1;
    expect(await holderOf(token.secret)).toMatchObject({ expiresAt: new Date(began + hour).toISOString() });
    clock.at = began + hour;
    await expect(holderOf(token.secret)).rejects.toMatchObject({ kind: 'unauthenticated' });
    await expect(newToken(admin, { expiresAt: new Date(began).toISOString() })).rejects.toMatchObject({ violations: [{ pointer: '/expiresAt' }] });
  });

  it('end when they are revoked, once', async () => {
    const token = await newToken(admin);
    await directory.revokeToken({ id: token.id }, as(admin));
    await directory.revokeToken({ id: token.id }, as(admin));
    await expect(holderOf(token.secret)).rejects.toMatchObject({ kind: 'unauthenticated' });
    expect((await announced()).filter((type) => type === 'TokenRevoked')).toHaveLength(1);
    expect(await directory.getToken({ id: token.id }, as(admin))).toHaveProperty('revokedAt');
  });

  it('remember their last use to the minute', async () => {
    const token = await newToken(admin);
    await holderOf(token.secret);
    const first = (await directory.getToken({ id: token.id }, as(admin))).lastUsedAt;
    clock.at += 30_000;
    await holderOf(token.secret);
    expect((await directory.getToken({ id: token.id }, as(admin))).lastUsedAt).toBe(first);
    clock.at += 31_000;
    await holderOf(token.secret);
    expect((await directory.getToken({ id: token.id }, as(admin))).lastUsedAt).toBe(new Date(clock.at).toISOString());
  });

  it.each(['', "' or true --", 'opora_', 'opora_'.padEnd(49, 'A'), '%00'])('%j opens nothing', async (token) => {
    await expect(holderOf(token)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });
});

describe('who am I', () => {
  it('is answered with what the token leaves', async () => {
    const narrow: Principal = { ...admin, permissions: ['tickets.read'] };
    expect(await directory.getMe({}, as(narrow))).toMatchObject({ login: 'admin', permissions: ['tickets.read'] });
  });
});

describe('authenticating', () => {
  it('is for services only', async () => {
    await expect(directory.authenticate({ token: 'x' }, as({ ...admin, permissions: ['directory.manage'] }))).rejects.toMatchObject({
      kind: 'not_allowed',
    });
  });
});
