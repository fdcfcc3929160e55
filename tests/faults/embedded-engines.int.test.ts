import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { findFreePort } from '../../deploy/engines/ports.ts';
import type { CrashPoint } from '../../platform/faults/crash-point.ts';
import { alertmanagerPayload } from '../mesh/alertmanager-payload.ts';
import { type Api, createApi, eventually } from '../mesh/api.ts';
import { adminToken, type EmbeddedHub, startEmbeddedHub } from '../mesh/start-embedded.ts';
import { openLedger } from './ledger.ts';
import { findAlive, listDescendants } from './processes.ts';
import { type Recorded, recordAnswers } from './record-answers.ts';
import { openIncidentOf, promiseWithin } from './short-promise.ts';

const run = promisify(execFile);

describe('a hub in one process and its PostgreSQL', () => {
  let hub: EmbeddedHub;
  beforeAll(async () => {
    hub = await startEmbeddedHub();
  }, 90_000);
  afterAll(() => hub?.remove(), 30_000);

  it('lose and double nothing when PostgreSQL is killed under load, and answer by themselves again', async () => {
    const { api, answers } = recordAnswers(hub.api);
    const ledger = openLedger(() => api, 'killed-postgres');
    const loading = ledger.load(200);
    loading.catch(() => undefined); // it is awaited below, unless something fails before
    const pid = hub.pid();
    for (const most of [60, 200, 340]) {
      await eventually(async () => countDone(answers) >= most, { within: 60_000, every: 5 });
      const killed = await killServer(hub);
      await eventually(async () => countDone(answers) > most + 8 && (await readServerPid(hub)) !== killed, { within: 60_000 });
    }
    await loading;
    expect(hub.pid()).toBe(pid);
    expectOnlyAnswersOrRefusals(answers);
    await ledger.settle();
  }, 180_000);

  it('ask senders to come back when PostgreSQL stays away for longer than a call may wait', async () => {
    const { api, answers } = recordAnswers(hub.api);
    const ledger = openLedger(() => api, 'lost-postgres');
    const loading = ledger.load(60);
    loading.catch(() => undefined); // it is awaited below, unless something fails before
    await eventually(async () => countDone(answers) >= 20, { within: 60_000, every: 5 });
    let killed = 0;
    let toldOfIt: unknown;
    await eventually(
      async () => {
        if ((await readServerPid(hub)) !== killed) killed = await killServer(hub);
        const ready = await hub.api.get('/readyz');
        if (ready.status === 503) toldOfIt = ready.body;
        return wereRefused(answers) && toldOfIt !== undefined;
      },
      { within: 90_000 },
    );
    expect(toldOfIt).toMatchObject({ status: 'not ready', parts: { tickets: { ready: true }, postgres: { ready: false } } });
    await loading;
    expectOnlyAnswersOrRefusals(answers);
    await ledger.settle();
  }, 180_000);

  it('come up again after the hub was killed and could not take its PostgreSQL with it', async () => {
    const ledger = openLedger(() => hub.api, 'orphan');
    await ledger.load(10);
    const orphan = await readServerPid(hub);
    for (const { pid, parent, command } of await listDescendants(hub.pid()))
      if (parent === hub.pid() && command.includes('/bin/sh')) process.kill(pid, 'SIGKILL');
    await hub.kill('all');
    expect(await findAlive([orphan])).toHaveLength(1);
    await hub.start();
    expect(await findAlive([orphan])).toEqual([]);
    expect(hub.output()).toContain('a killed hub left its PostgreSQL running');
    await ledger.settle();
  }, 120_000);

  it('are refused to a second hub, which says who is there and ends, while the first one goes on', async () => {
    const second = await startProgram([process.execPath, 'dist/services/main.js', 'start'], hub.dataDir);
    const [code] = (await once(second.child, 'close')) as [number];
    expect(code).toBe(1);
    expect(second.output()).toContain(`Another hub (process ${hub.pid()}) works in ${hub.dataDir}. Stop it, or give this one a folder of its own`);
    expect((await hub.api.get('/readyz')).status).toBe(200);
  }, 60_000);

  for (const point of ['timers.before-commit', 'timers.after-commit'] satisfies CrashPoint[]) {
    it(`announce a breach once when the hub dies at ${point}`, async () => {
      await hub.stop();
      // The first timer that rings is the warning's, the second the deadline's.
      await hub.start({ OPORA_CRASH_AT: `${point}:2` });
      const ticketId = await openIncidentOf(hub.api, await promiseWithin(hub.api, 'PT3S'));
      expect(await hub.ended()).toBe('SIGKILL');
      expect(hub.output()).toContain(`crash point ${point}`);
      await hub.start();
      const actions = await eventually(async () => {
        const { body } = await hub.api.get<{ items: { history: { action: string }[] }[] }>(`/api/v1/tickets/${ticketId}/clocks`);
        const history = body.items.flatMap((clock) => clock.history.map(({ action }) => action));
        return history.includes('breached') && history;
      });
      expect(actions).toEqual(['started', 'warned', 'breached']);
      // What is announced is in the outbox or, a moment later, in the log.
      const announced = await query(
        hub,
        `select type from sla.bus_log where key = '${ticketId}' and type ~ 'Warned|Breached'
          union all select type from sla.outbox where key = '${ticketId}' and type ~ 'Warned|Breached'`,
      );
      expect(announced.map(({ type }) => type).sort()).toEqual(['opora.sla.v1.ClockBreached', 'opora.sla.v1.ClockWarned']);
    }, 120_000);
  }
});

(process.getuid?.() === 0 && process.platform === 'linux' ? describe : describe.skip)(
  'a hub whose disk is full (needs root, for a small tmpfs)',
  () => {
    let disk: string;
    let hub: EmbeddedHub | undefined;
    beforeAll(async () => {
      disk = await mkdtemp(join(tmpdir(), 'opora-disk-'));
      await run('mount', ['-t', 'tmpfs', '-o', 'size=160m,mode=711', 'tmpfs', disk]);
      await mkdir(join(disk, 'data'));
      await chmod(join(disk, 'data'), 0o711);
      hub = await startEmbeddedHub({ OPORA_DATA: join(disk, 'data') });
    }, 90_000);
    afterAll(async () => {
      await hub?.remove();
      await run('umount', [disk]);
      await rm(disk, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    }, 60_000);

    it('refuses to write, lives, goes on by itself when there is room again, and has lost nothing that it acknowledged', async () => {
      if (!hub) throw new Error('The hub did not start.');
      const { api, answers } = recordAnswers(hub.api);
      const ledger = openLedger(() => api, 'full-disk');
      await ledger.load(30);
      const pid = hub.pid();
      const fill = join(disk, 'fill');
      await fillUp(fill);
      const loading = ledger.load(100);
      loading.catch(() => undefined); // it is awaited below, unless something fails before
      await eventually(async () => answers.filter(({ status }) => status === 503).length >= 8, { within: 60_000 });
      const taken = await sendAlertsUntilRefused(api);
      expect((await hub.api.get('/healthz')).status).toBe(200);
      await fillUp(fill);
      await sleep(2_000); // as long as it lasts, it stays so
      expect((await hub.api.get('/healthz')).status).toBe(200);
      await rm(fill);
      await loading;
      expect(hub.pid()).toBe(pid);
      expectOnlyAnswersOrRefusals(answers);
      expect(answers).toContainEqual(
        expect.objectContaining({ body: expect.objectContaining({ detail: expect.stringContaining('no room left on its disk') }) }),
      );
      await ledger.settle();
      const { body } = await api.get<{ items: { labels: Record<string, string> }[] }>('/api/v1/monitoring/alerts?limit=500');
      expect(body.items.map(({ labels }) => labels['instance'])).toEqual(expect.arrayContaining(taken));
    }, 180_000);
  },
);

describe('Ctrl+C at npm start', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'opora-hub-'));
    await chmod(dataDir, 0o711);
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }));

  it('leaves no process behind, and the next start finds everything made', async () => {
    const seconds: number[] = [];
    for (let round = 1; round <= 2; round++) {
      const began = performance.now();
      const { child, api, output } = await startProgram(['npm', 'start'], dataDir);
      await eventually(async () => (await api.get('/readyz')).status === 200, { within: 60_000 }).catch((error: unknown) => {
        process.kill(-(child.pid ?? 0), 'SIGINT');
        throw new Error(`It was not ready. It printed:\n${output()}`, { cause: error });
      });
      seconds.push((performance.now() - began) / 1000);
      const all = await listDescendants(child.pid ?? 0);
      expect(all.filter(({ command }) => /postgres/.test(command)).length).toBeGreaterThan(1);
      const closed = once(child, 'close');
      process.kill(-(child.pid ?? 0), 'SIGINT'); // to the whole group, as a terminal does
      await closed;
      await eventually(async () => (await findAlive(all.map(({ pid }) => pid))).length === 0, { within: 2_000 }).catch(async () => {
        expect(await findAlive(all.map(({ pid }) => pid))).toEqual([]);
      });
    }
    const [first = 0, second = 0] = seconds;
    expect(second).toBeLessThan(first);
  }, 150_000);
});

const countDone = (answers: readonly Recorded[]) => answers.filter(({ status }) => status < 300).length;

const wereRefused = (answers: readonly Recorded[]) =>
  ['/ingest/alertmanager', '/api/v1/tickets'].every((path) => answers.some((answer) => answer.path === path && answer.status === 503));

/** Whoever sends must be able to tell "later" from "never": a temporary fault is a 503 that says when to come back, and nothing else. */
function expectOnlyAnswersOrRefusals(answers: readonly Recorded[]): void {
  const wrong = answers.filter(({ status, retryAfter }) => status >= 300 && !(status === 503 && Number(retryAfter) > 0));
  expect(wrong).toEqual([]);
}

async function killServer(hub: EmbeddedHub): Promise<number> {
  const pid = await readServerPid(hub);
  process.kill(pid, 'SIGKILL');
  return pid;
}

async function readServerPid(hub: EmbeddedHub): Promise<number> {
  const [pid] = (await readFile(join(hub.dataDir, 'pgdata', 'postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}

async function query(hub: EmbeddedHub, text: string): Promise<Record<string, unknown>[]> {
  const password = await readFile(join(hub.dataDir, 'pgdata', 'opora-password'), 'utf8');
  const client = new pg.Client({ host: join(hub.dataDir, 'socket'), port: 5432, user: 'opora', database: 'opora', password });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Writes zeros until the disk takes no more. */
async function fillUp(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (let chunk = Buffer.alloc(1024 * 1024); chunk.length > 0; ) {
      const written = await file.write(chunk).catch(() => undefined);
      if (written === undefined) chunk = chunk.subarray(0, chunk.length >> 1);
    }
  } finally {
    await file.close();
  }
}

/** Gives the instances whose alerts were acknowledged. */
async function sendAlertsUntilRefused(api: Api): Promise<string[]> {
  const taken: string[] = [];
  await eventually(async () => {
    const instance = `disk-${taken.length}`;
    const summary = randomBytes(8_000).toString('base64');
    const { status } = await api.post(
      '/ingest/alertmanager',
      alertmanagerPayload({ labels: { alertname: 'DiskFull', instance }, summary, startsAt: new Date().toISOString() }),
    );
    if (status === 200) taken.push(instance);
    return status === 503;
  });
  return taken;
}

async function startProgram([command = '', ...args]: string[], dataDir: string) {
  const port = await findFreePort();
  const { NODE_OPTIONS: _, OPORA_TEST_DATABASE_URL: __, ...own } = process.env;
  const child: ChildProcess = spawn(command, args, {
    env: { ...own, OPORA_DATA: dataDir, OPORA_PORT: String(port), OPORA_DEMO: 'none', OPORA_ADMIN_TOKEN: adminToken, OPORA_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  return { child, api: createApi(`http://127.0.0.1:${port}`, adminToken), output: () => printed };
}
