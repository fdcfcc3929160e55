import { AuditService } from '../../generated/opora/directory/v1/audit.ts';
import { CredentialService } from '../../generated/opora/directory/v1/credentials.ts';
import { DirectoryService } from '../../generated/opora/directory/v1/directory.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { type CallOptions, type Client, nobody, type Principal } from '../../platform/rpc/call.ts';
import { createClient } from '../../platform/rpc/client.ts';
import { createInProcessTransport } from '../../platform/rpc/in-process.ts';
import { bindMethods } from '../../platform/rpc/server.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { directory as definition } from './service.ts';
import { createSignInGuard } from './sign-in-guard.ts';

const password = 'корректная лошадь';
const gateway: Principal = { kind: 'service', id: 'gateway', name: 'gateway', permissions: ['*'] };
const clock = { at: Date.parse('2026-03-02T09:00:00.000Z'), now: () => clock.at };
const minute = 60_000;

let database: TestDatabase;
let directory: Client<DirectoryService>;
let credentials: Client<CredentialService>;
let admin: Principal;

const as = (principal: Principal): CallOptions => ({ deadline: Date.now() + 20_000, principal });
const announced = async () => {
  const rows = await database.query<{ type: string; data: Record<string, unknown> }>(sql`select type, data from outbox order by id`);
  return rows.map(({ type, data }) => ({ type: type.split('.').at(-1), ...data }));
};

beforeAll(async () => {
  database = await openTestDatabase(definition, { clock });
  const contract = loadContract();
  const transport = createInProcessTransport();
  const log = createLogger({ level: 'error' });
  const config = definition.config.parse({ OPORA_ADMIN_PASSWORD: password, OPORA_ADMIN_TOKEN: 'a token for scripts' });
  const parts = { config, database, clock, newId: newUuid, log, contract, announce: () => undefined };
  // The directory uses no other part.
  const { serves = [] } = await definition.start(parts as unknown as Parameters<typeof definition.start>[0]);
  const bound = bindMethods({ served: serves, contract, database, clock, newId: newUuid, log, metrics: createMetrics() });
  for (const [service, bindings] of Object.entries(bound)) await transport.serve(service, bindings);
  directory = createClient(DirectoryService, { contract, transport });
  credentials = createClient(CredentialService, { contract, transport });
  expect(serves.map(({ token }) => token)).toContain(AuditService);
  const { accountId } = await directory.authenticate({ token: 'a token for scripts' }, as(gateway));
  admin = { kind: 'account', id: accountId, name: 'admin', permissions: ['*'] };
});
afterAll(() => database.close());

const signIn = (login: string, tried = password, address = '192.0.2.1') => directory.signIn({ login, password: tried, address }, as(gateway));
/** `wrong`, `paused` or `in`. */
async function outcome(login: string, tried?: string, address?: string): Promise<string> {
  try {
    return (await signIn(login, tried, address)).pausedUntil === undefined ? 'in' : 'paused';
  } catch (error) {
    return (error as { kind: string }).kind === 'unauthenticated' ? 'wrong' : String(error);
  }
}
async function newPerson(login: string, more: { mustChangePassword?: boolean; email?: string } = {}): Promise<Principal> {
  const { id, name } = await directory.createAccount({ login, name: `Person ${login}`, roles: ['requester'], password, ...more }, as(admin));
  return { kind: 'account', id, name, permissions: ['tickets.read_own'] };
}
/** Attempts as they are counted, without the work of a password. */
const count = (login: string, address?: string) => createSignInGuard(database).begin(login, address, clock.now());
const failTimes = async (times: number, login: string, address?: string) => {
  for (let time = 0; time < times; time++) await outcome(login, 'wrong', address);
};

describe('guessing a password', () => {
  it('has to wait after ten failures, from wherever it comes, and twice as long after each further one', async () => {
    await newPerson('guessed');
    await failTimes(9, 'guessed');
    expect(await outcome('GUESSED', 'wrong', '192.0.2.9')).toBe('wrong');
    expect([await outcome('guessed'), await outcome('guessed', password, '192.0.2.7')]).toEqual(['paused', 'paused']);
    clock.at += minute - 1;
    expect(await outcome('guessed')).toBe('paused');
    clock.at += 1;
    expect(await outcome('guessed', 'wrong')).toBe('wrong');
    clock.at += 2 * minute - 1;
    expect(await outcome('guessed')).toBe('paused');
    clock.at += 1;
    expect(await outcome('guessed')).toBe('in');
    expect(await outcome('guessed', 'wrong')).toBe('wrong');
    expect(await outcome('guessed')).toBe('in');
  });

  it('never waits longer than an hour', async () => {
    await newPerson('besieged');
    for (let time = 0; time < 20; time++) {
      await count('besieged');
      if (time >= 9) clock.at += 60 * minute;
    }
    expect(await outcome('besieged')).toBe('in');
  });

  it('looks the same for a login that nobody has', async () => {
    const outcomes: string[] = [];
    for (let time = 0; time < 11; time++) outcomes.push(await outcome('no-such-login', 'wrong'));
    expect(outcomes).toEqual([...Array(10).fill('wrong'), 'paused']);
  });

  it('does not slip through when many come at once', async () => {
    await newPerson('raced');
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => outcome('raced', 'wrong')));
    expect(outcomes.filter((one) => one === 'wrong')).toHaveLength(10);
    expect(outcomes.filter((one) => one === 'paused')).toHaveLength(20);
  });

  it('of many logins from one network waits as well, and nobody elsewhere does', async () => {
    await newPerson('elsewhere');
    await Promise.all(Array.from({ length: 100 }, (_, index) => count(`sprayed-${index}`, `2001:db8::${index + 1}`)));
    expect([await outcome('elsewhere', password, '2001:db8::1'), await outcome('elsewhere', password, '2001:db9::1')]).toEqual(['paused', 'in']);
  });

  it('is told, and an administrator ends the wait', async () => {
    const person = await newPerson('locked-out');
    await failTimes(10, 'locked-out');
    expect((await announced()).slice(-2)).toMatchObject([
      { type: 'SignInFailed', accountId: person.id, login: 'locked-out', reason: 'wrong_password', address: '192.0.2.1' },
      { type: 'SignInPaused', accountId: person.id, login: 'locked-out', failures: 10, until: new Date(clock.at + minute).toISOString() },
    ]);
    expect(await directory.getAccount({ id: person.id }, as(admin))).toMatchObject({ pausedUntil: new Date(clock.at + minute).toISOString() });
    await expect(credentials.unlockAccount({ id: person.id }, as(person))).rejects.toMatchObject({ kind: 'not_allowed' });
    expect(await credentials.unlockAccount({ id: person.id }, as(admin))).not.toHaveProperty('pausedUntil');
    expect(await outcome('locked-out')).toBe('in');
  });
});

describe('a password', () => {
  it('that is easily guessed is refused wherever it is chosen', async () => {
    const weak = directory.createAccount({ login: 'lazybones', name: 'x', roles: [], password: 'lazybones2026' }, as(admin));
    await expect(weak).rejects.toMatchObject({ kind: 'invalid_input', violations: [{ pointer: '/password' }] });
    const person = await newPerson('careful');
    const change = credentials.changePassword({ currentPassword: password, newPassword: 'qwertyuiop12' }, as(person));
    await expect(change).rejects.toMatchObject({ violations: [{ pointer: '/newPassword' }] });
  });

  it('is changed by who knows it, and all sessions end', async () => {
    const person = await newPerson('changer');
    const { secret } = await signIn('changer');
    const wrong = credentials.changePassword({ currentPassword: 'wrong', newPassword: 'another good one' }, as(person));
    await expect(wrong).rejects.toMatchObject({ violations: [{ pointer: '/currentPassword' }] });
    await credentials.changePassword({ currentPassword: password, newPassword: 'another good one' }, as(person));
    await expect(directory.authenticate({ session: secret }, as(gateway))).rejects.toMatchObject({ kind: 'unauthenticated' });
    expect([await outcome('changer'), await outcome('changer', 'another good one')]).toEqual(['wrong', 'in']);
  });

  it('cannot be guessed by changing it', async () => {
    const person = await newPerson('guesser');
    const change = () => credentials.changePassword({ currentPassword: 'wrong', newPassword: 'another good one' }, as(person));
    for (let time = 0; time < 10; time++) await expect(change()).rejects.toMatchObject({ kind: 'invalid_input' });
    await expect(change()).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('that must be changed leaves a session no right until it is', async () => {
    const person = await newPerson('newcomer', { mustChangePassword: true });
    const { me, secret } = await signIn('newcomer');
    expect(me).toMatchObject({ mustChangePassword: true, permissions: [] });
    expect(await directory.authenticate({ session: secret }, as(gateway))).toMatchObject({ permissions: [] });
    await credentials.changePassword({ currentPassword: password, newPassword: 'my very own words' }, as({ ...person, permissions: [] }));
    expect((await signIn('newcomer', 'my very own words')).me).toMatchObject({
      mustChangePassword: false,
      permissions: ['tickets.create', 'tickets.read_own'],
    });
  });
});

describe('a forgotten password', () => {
  it('is asked for in the same words by everybody, and told three times a day at most, without a secret', async () => {
    await newPerson('forgetful', { email: 'f@example.org' });
    for (const login of ['Forgetful', 'forgetful', 'forgetful', 'forgetful', 'nobody-at-all']) {
      expect(await credentials.askPasswordReset({ login }, as(nobody))).toEqual({});
    }
    const told = (await announced()).filter(({ type }) => type === 'PasswordResetAsked');
    expect(told).toEqual(Array(3).fill(expect.objectContaining({ login: 'forgetful', email: 'f@example.org' })));
  });

  it('is set anew, once, by a secret that holds for a day, which ends sessions and the wait', async () => {
    const person = await newPerson('resetting');
    const session = await signIn('resetting');
    await failTimes(10, 'resetting');
    const first = await credentials.createPasswordReset({ id: person.id }, as(admin));
    const { secret = '' } = await credentials.createPasswordReset({ id: person.id }, as(admin));
    const use = (used: string | undefined, newPassword = 'chosen after the reset') =>
      credentials.resetPassword({ secret: used ?? '', newPassword }, as(nobody));
    await expect(use(first.secret)).rejects.toMatchObject({ kind: 'unauthenticated' });
    await expect(use(secret, '1234567890')).rejects.toMatchObject({ kind: 'invalid_input' });
    const both = await Promise.allSettled([use(secret), use(secret)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(directory.authenticate({ session: session.secret }, as(gateway))).rejects.toMatchObject({ kind: 'unauthenticated' });
    expect(await outcome('resetting', 'chosen after the reset')).toBe('in');

    const late = await credentials.createPasswordReset({ id: person.id }, as(admin));
    clock.at += 24 * 60 * minute;
    await expect(use(late.secret)).rejects.toMatchObject({ kind: 'unauthenticated' });
    const rows = await database.query<{ row: string }>(
      sql`select row_to_json(t)::text as row from password_reset t union all select data::text from outbox`,
    );
    expect(JSON.stringify(rows)).not.toContain(late.secret);
  });

  it('of somebody who may do more cannot be set by who may do less', async () => {
    const manager: Principal = { ...(await newPerson('manager')), permissions: ['directory.manage'] };
    await expect(credentials.createPasswordReset({ id: admin.id }, as(manager))).rejects.toMatchObject({ kind: 'not_allowed' });
  });
});

describe('a token that follows another', () => {
  const isGood = (token: string | undefined) =>
    directory.authenticate({ token: token ?? '' }, as(gateway)).then(
      () => true,
      () => false,
    );

  it('has its name, scopes and length of life, and the old one ends when it was said', async () => {
    const asked = { name: 'Zabbix', scopes: ['tickets.read_own'], expiresAt: new Date(clock.at + 90 * minute).toISOString() };
    const old = await directory.createToken(asked, as(admin));
    clock.at += 30 * minute;
    const next = await credentials.rotateToken({ id: old.id, overlapSeconds: 600 }, as(admin));
    expect(next).toMatchObject({ name: 'Zabbix', scopes: ['tickets.read_own'], expiresAt: new Date(clock.at + 90 * minute).toISOString() });
    expect([await isGood(old.secret), await isGood(next.secret)]).toEqual([true, true]);
    clock.at += 10 * minute;
    expect([await isGood(old.secret), await isGood(next.secret)]).toEqual([false, true]);
    const last = await credentials.rotateToken({ id: next.id }, as(admin));
    expect([await isGood(next.secret), await isGood(last.secret)]).toEqual([false, true]);
    await expect(credentials.rotateToken({ id: next.id }, as(admin))).rejects.toMatchObject({ kind: 'illegal_state' });
  });

  it('is made by its owner or a manager alone', async () => {
    const token = await directory.createToken({ name: 'mine', scopes: [] }, as(admin));
    const other = await newPerson('nosy');
    await expect(credentials.rotateToken({ id: token.id }, as(other))).rejects.toMatchObject({ kind: 'not_found' });
  });
});
