import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { copyCluster, restoreCluster } from './cold-copy.ts';
import { toClientConfig } from './connection.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

const log = pino({ level: 'silent' });

describe('a cold copy of the embedded PostgreSQL', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);

  async function ask(dataDir: string, query: string): Promise<Record<string, unknown>[]> {
    const postgres = await startEmbeddedPostgres({ dataDir, log, durable: false });
    const client = new pg.Client(toClientConfig(postgres.connection, 'public'));
    try {
      await client.connect();
      return (await client.query(query)).rows;
    } finally {
      await client.end();
      await postgres.stop();
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'opora-copy-'));
    await chmod(folder, 0o711); // the user who runs PostgreSQL for root must be able to walk in
    await ask(at('first'), `create table kept as select 'насос' as word`);
    await copyCluster(at('first'), at('copy.tar.gz'));
  }, 120_000);

  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }));

  it('holds what was there, in another folder, with the same password', async () => {
    await restoreCluster(at('second'), at('copy.tar.gz'));
    await expect(ask(at('second'), 'select word from kept')).resolves.toEqual([{ word: 'насос' }]);
  }, 60_000);

  it('can be read by its owner only', async () => {
    expect((await stat(at('copy.tar.gz'))).mode & 0o777).toBe(0o600);
  });

  it('is refused while a hub works in the folder', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir: at('first'), log, durable: false });
    try {
      await expect(copyCluster(at('first'), at('running.tar.gz'))).rejects.toThrow(/Another hub \(process \d+\) works in/);
      await expect(restoreCluster(at('first'), at('copy.tar.gz'))).rejects.toThrow('Another hub');
    } finally {
      await postgres.stop();
    }
    expect(await readdir(folder)).not.toContain('running.tar.gz');
  }, 60_000);

  it('never takes the place of a file or of a database', async () => {
    await expect(copyCluster(at('first'), at('copy.tar.gz'))).rejects.toThrow('is there already');
    await expect(restoreCluster(at('first'), at('copy.tar.gz'))).rejects.toThrow('has a database already');
  });

  it('that was cut short, or is something else, leaves nothing behind', async () => {
    const whole = await readFile(at('copy.tar.gz'));
    await writeFile(at('cut.tar.gz'), whole.subarray(0, whole.length / 2));
    await writeFile(at('text.tar.gz'), 'no archive');
    await expect(restoreCluster(at('third'), at('cut.tar.gz'))).rejects.toThrow('is no whole backup');
    await expect(restoreCluster(at('third'), at('text.tar.gz'))).rejects.toThrow('is no whole backup');
    await expect(restoreCluster(at('third'), at('absent.tar.gz'))).rejects.toThrow('cannot be read');
    expect(await readdir(at('third'))).toEqual([]);
  }, 60_000);

  it('needs a folder that a hub was started on', async () => {
    await expect(copyCluster(at('nowhere'), at('none.tar.gz'))).rejects.toThrow('There is no folder');
    await expect(copyCluster(at('third'), at('none.tar.gz'))).rejects.toThrow('There is no database');
  });
});
