import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findJava } from './find-java.ts';

const run = promisify(execFile);

/** The jars of an engine on this machine, and the class archive that makes its start quick. */
export interface FetchedEngine {
  java: string;
  /** As `java -cp` takes it. */
  classPath: string;
  /** Absent only while it is being made. */
  archive?: string;
}

export interface FetchOptions {
  name: 'kafka' | 'neo4j';
  /** Told of each long step. */
  log(line: string): void;
  /** Runs the engine once with these JVM options and stops it, so that the JVM writes down the classes that it loaded. */
  train(engine: FetchedEngine, options: readonly string[]): Promise<void>;
}

/**
 * Makes the engine ready to run: its jars by Maven, once for each pom.xml, and its class archive, once for each pom.xml and JDK.
 * Throws when there is no Java 17 or no Maven, or when Maven fails.
 */
export async function fetchEngine({ name, log, train }: FetchOptions): Promise<FetchedEngine> {
  const java = await findJava();
  if (java === undefined) throw new Error(`${name} needs Java 17 or newer: install a JDK, or give its address in the environment`);
  const pom = fileURLToPath(new URL(`./${name}/pom.xml`, import.meta.url));
  const cache = resolve('.cache/engines');
  const home = join(cache, `${name}-${shortHash(await readFile(pom, 'utf8'))}`);
  const engine = { java: java.command, classPath: `${join(home, 'lib')}/*` };

  if (!existsSync(join(home, 'lib'))) {
    log(`${name}: fetching it from Maven Central`);
    await placeWhole(join(home, 'lib'), (draft) =>
      run('mvn', ['-B', '-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${draft}`]).catch(explainMaven),
    );
  }
  const archive = join(home, `classes-${shortHash(java.version)}.jsa`);
  if (!existsSync(archive)) {
    log(`${name}: making its class archive, once on this machine`);
    await placeWhole(archive, (draft) => train(engine, [`-XX:ArchiveClassesAtExit=${draft}`]));
  }
  return { ...engine, archive };
}

// Half a download, or half an archive, is never taken for a whole one.
async function placeWhole(target: string, make: (draft: string) => Promise<unknown>): Promise<void> {
  const draft = `${target}.${process.pid}`;
  await mkdir(join(target, '..'), { recursive: true });
  await make(draft);
  try {
    await rename(draft, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
    await rm(draft, { recursive: true }); // another process was quicker
  }
}

function explainMaven(error: Error & { code?: unknown; stdout?: string }): never {
  if (error.code === 'ENOENT') throw new Error('the engine is fetched by Maven, and there is no `mvn` on this machine');
  throw new Error(`Maven could not fetch the engine\n${error.stdout ?? error.message}`);
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
