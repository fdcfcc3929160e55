import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { adminPassword, adminToken, type EdgeHub, startHub } from '../edge/start-hub.ts';
import { runOpora as opora } from './run-opora.ts';

describe('the command line', () => {
  let hub: EdgeHub;
  let folder: string;

  const toHub = (env: Record<string, string> = {}) => ({ OPORA_URL: hub.url, ...env });

  beforeAll(async () => {
    hub = await startHub(['sla', 'cmdb']);
    folder = await mkdtemp(join(tmpdir(), 'opora-cli-'));
  }, 60_000);

  afterAll(async () => {
    await hub.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  });

  it.each([
    ['start'],
    ['token'],
    ['doctor'],
    ['backup'],
    ['restore'],
    ['cmdb', 'rebuild-graph'],
    ['cmdb', 'verify-graph'],
    ['dead-letters', 'replay'],
  ])('explains %s %s', async (...command) => {
    const { code, out } = await opora([...command, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Usage: opora ${command.join(' ')}`);
  });

  it('tells every variable of the environment, each with what it is for', async () => {
    const { out } = await opora(['start', '--help']);
    const lines = out.split('\n').filter((line) => /^ {2}(OPORA|OTEL)_/.test(line));
    expect(lines.length).toBeGreaterThan(25);
    expect(lines.filter((line) => /^ +\S+ *(\(default.*)?$/.test(line))).toEqual([]);
    expect(out).toMatch(/OPORA_PORT +its port \(default: 8080\)/);
  });

  it('makes a token by password that may do what it was narrowed to, and no more', async () => {
    const { code, out } = await opora(
      ['token', '--name', 'test', '--scope', 'sla.read', '--expires', '1d'],
      toHub({ OPORA_PASSWORD: adminPassword }),
    );
    expect(code).toBe(0);
    const api = hub.api.as(out.trim());
    expect((await api.get<{ permissions: string[] }>('/api/v1/me')).body.permissions).toEqual(['sla.read']);
  });

  it('makes a token for the holder of another', async () => {
    const { code, out } = await opora(['token', '--name', 'test'], toHub({ OPORA_TOKEN: adminToken }));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^opora_\S+\n$/) });
  });

  it.each([
    ['a wrong password', ['token', '--name', 'x'], { OPORA_PASSWORD: 'not the password' }, 'The login or the password is wrong.'],
    ['no password', ['token', '--name', 'x'], {}, 'Set OPORA_PASSWORD to the password of "admin"'],
    ['an unknown scope', ['token', '--name', 'x', '--scope', 'everything'], { OPORA_TOKEN: adminToken }, '/scopes/0'],
    ['a service that is not there', ['dead-letters', 'list', 'nothing'], { OPORA_TOKEN: adminToken }, 'There is no service "nothing"'],
    ['neither an id nor --all', ['dead-letters', 'discard', 'sla'], { OPORA_TOKEN: adminToken }, 'or say --all'],
    ['a graph of the records', ['cmdb', 'verify-graph'], { OPORA_TOKEN: adminToken }, 'no projection'],
    ['no token', ['cmdb', 'verify-graph'], {}, 'Set OPORA_TOKEN'],
  ])('ends with 1 and a reason on %s', async (_, args, env, reason) => {
    const { code, errors } = await opora(args, toHub(env as Record<string, string>));
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(reason) });
    expect(errors).not.toContain('    at ');
  });

  describe('with dead letters', () => {
    const bury = async (eventId: string) => {
      const id = newUuid();
      const data = JSON.stringify({ ticketId: newUuid() });
      const statement = sql`insert into dead_letter (id, subscription, event_id, source, type, key, time, data, reason, tries, failed_at, status, version)
        values (${id}, 'run-clocks', ${eventId}, 'tickets', 'opora.tickets.v1.TicketOpened', 'k', now(), ${data}::json, 'It broke.', 5, now(), 'waiting', 1)`;
      await hub.database('sla').commit({ statements: [statement] });
      return id;
    };
    const letters = (...args: string[]) => opora(['dead-letters', ...args], toHub({ OPORA_TOKEN: adminToken }));
    const statusOf = async (id: string) => (await hub.api.get<{ status: string }>(`/api/v1/operations/sla/dead-letters/${id}`)).body.status;

    it('lists them with their reasons, and gives up the one that is named, or all', async () => {
      const [first, second] = [await bury(newUuid()), await bury(newUuid())];
      const listed = await letters('list', 'sla');
      expect(listed.out).toContain(`${first}  `);
      expect(listed).toMatchObject({ code: 0, out: expect.stringContaining('    It broke.'), errors: '2 waiting in sla.\n' });

      expect(await letters('discard', 'sla', first)).toMatchObject({ code: 0, out: `${first} discarded\n` });
      expect([await statusOf(first), await statusOf(second)]).toEqual(['discarded', 'waiting']);
      expect(await letters('discard', 'sla', '--all')).toMatchObject({ code: 0, out: `${second} discarded\n` });
      expect(await letters('list', 'sla')).toMatchObject({ code: 0, out: '', errors: 'Nothing waits in sla.\n' });
    });

    it('ends with 1 when one still cannot be handled, and says why', async () => {
      const id = await bury(newUuid());
      const { code, errors } = await letters('replay', 'sla', '--all');
      expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(`${id} not replayed: `) });
      expect(await statusOf(id)).toBe('waiting');
    });
  });

  it('says that no hub answers where none does', async () => {
    const { code, errors } = await opora(['dead-letters', 'list', 'sla', '--url', 'http://127.0.0.1:9'], { OPORA_TOKEN: 'x' });
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining('No hub answers at http://127.0.0.1:9') });
  });

  it('examines the machine, knows the hub that runs, and ends with 1 when something is bad', async () => {
    const { port } = new URL(hub.url);
    const good = await opora(['doctor'], { OPORA_PORT: port, OPORA_DATA: join(folder, 'data') });
    expect(good).toMatchObject({ code: 0, out: expect.stringContaining(`A hub answers at ${hub.url}`) });
    const bad = await opora(['doctor'], { OPORA_PORT: 'x', OPORA_DATA: join(folder, 'data') });
    expect(bad).toMatchObject({ code: 1, out: expect.stringContaining('1 to be put right') });
  });

  it('refuses to copy a PostgreSQL that is not the hub’s own', async () => {
    const { code, errors } = await opora(['backup', join(folder, 'x.tar.gz')], { OPORA_DATABASE_URL: 'postgresql://x@y/z' });
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining('pg_dump') });
  });
});
