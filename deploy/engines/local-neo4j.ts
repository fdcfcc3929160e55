import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import neo4j from 'neo4j-driver';
import { archivePatience, type ChildProcess, startChild, waitUntilReady } from './child-process.ts';
import { type FetchedEngine, fetchEngine } from './fetch-engine.ts';
import { checkListening, findFreePort } from './ports.ts';

export interface LocalNeo4j extends ChildProcess {
  /** As OPORA_NEO4J_URL takes it. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

export interface LocalNeo4jOptions {
  /** Its data and its password; started again on the same folder it goes on where it stopped or was killed. */
  dir: string;
  /** Of Bolt; a free one unless told. */
  port?: number;
  /** Told of long steps of the first time: fetching the jars, making the class archive. */
  log(line: string): void;
  /** Queries as quick as they can be, for a start that takes longer and twice the memory. */
  forSpeed?: boolean;
  /** Aborted: the start is given up. */
  signal?: AbortSignal;
}

// For laptops and tests: quick start; queries are 1.5 times slower than without TieredStopAtLevel.
const jvm = [
  '-Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError -Xshare:auto -Xlog:cds=off -Xlog:cds+dynamic=off',
  '-Dlog4j2.disable.jmx=true -Dio.netty.tryReflectionSetAccessible=true --add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-opens=java.base/java.io=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
].flatMap((options) => options.split(' '));

/** A real Neo4j Community as a child process; resolves when it answers over Bolt. */
export async function startLocalNeo4j({ dir, port, log, forSpeed = false, signal }: LocalNeo4jOptions): Promise<LocalNeo4j> {
  const engine = await fetchEngine({ name: 'neo4j', log, train });
  const options = [`-XX:SharedArchiveFile=${engine.archive}`, ...(forSpeed ? ['-Xmx1g', '-XX:TieredStopAtLevel=4'] : [])];
  return start(engine, resolve(dir), port ?? (await findFreePort()), options, signal);
}

async function start(engine: FetchedEngine, dir: string, port: number, options: readonly string[], signal?: AbortSignal): Promise<LocalNeo4j> {
  await mkdir(join(dir, 'conf'), { recursive: true });
  await writeFile(join(dir, 'conf', 'neo4j.conf'), describeServer(join(dir, 'data'), port));
  const password = await keepNeo4jPassword(dir);
  const logFile = join(dir, 'neo4j.log');
  const folders = [`--home-dir=${dir}`, `--config-dir=${join(dir, 'conf')}`];
  const args = [...jvm, ...options, '-cp', engine.classPath, 'org.neo4j.server.CommunityEntryPoint', ...folders];
  const child = await startChild({ command: engine.java, args, logFile, signal });
  const url = `bolt://127.0.0.1:${port}`;
  await waitUntilReady('neo4j', child, logFile, async () => {
    await checkListening(port);
    await signIn(url, password);
  });
  return { ...child, url, user: 'neo4j', password };
}

async function train(engine: FetchedEngine, options: readonly string[]): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'opora-neo4j-'));
  try {
    const server = await start(engine, dir, await findFreePort(), options);
    await server.stop(archivePatience);
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** The password of the server whose data is in `dir`; when there is none yet, this one, or a new one. */
export async function keepNeo4jPassword(dir: string, password: string = randomBytes(18).toString('base64url')): Promise<string> {
  await mkdir(dir, { recursive: true });
  const file = join(dir, 'password');
  if (!existsSync(file)) await writeFile(file, password, { mode: 0o600 });
  return readFile(file, 'utf8');
}

// A new server knows only neo4j/neo4j, and lets that do nothing but choose a password.
async function signIn(url: string, password: string): Promise<void> {
  try {
    await ask(url, password, 'neo4j', 'return 1');
  } catch (error) {
    if (!(error instanceof neo4j.Neo4jError && error.code === 'Neo.ClientError.Security.Unauthorized')) throw error;
    await ask(url, 'neo4j', 'system', 'alter current user set password from "neo4j" to $password', { password });
  }
}

async function ask(url: string, password: string, database: string, query: string, parameters: object = {}): Promise<void> {
  const driver = neo4j.driver(url, neo4j.auth.basic('neo4j', password), { maxTransactionRetryTime: 0 });
  try {
    await driver.executeQuery(query, parameters, { database });
  } finally {
    await driver.close();
  }
}

function describeServer(data: string, port: number): string {
  return `server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:${port}
server.bolt.enabled=true
server.http.enabled=false
server.https.enabled=false
dbms.usage_report.enabled=false
server.memory.pagecache.size=128m
# A mesh asks with the server's password before it has been set: a lock against guessing would keep it from being set.
dbms.security.auth_max_failed_attempts=0
# One query of the console must not take the memory of all.
db.memory.transaction.max=192m
server.directories.data=${data}
# Brings the stop from 10 s to 0.4 s.
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
db.tx_log.rotation.size=32m
db.tx_log.rotation.retention_policy=64M size
`;
}
