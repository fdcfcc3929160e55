import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Java {
  command: string;
  /** All that `java -version` says: a class archive belongs to exactly one build. */
  version: string;
}

/** Java 17 or newer: of JAVA_HOME, else of the path. */
export async function findJava(): Promise<Java | undefined> {
  const home = process.env['JAVA_HOME'];
  const command = home ? join(home, 'bin', 'java') : 'java';
  try {
    const { stderr: version } = await run(command, ['-version']);
    const major = /version "(\d+)/.exec(version)?.[1];
    return Number(major) >= 17 ? { command, version } : undefined;
  } catch {
    return undefined; // absent, or a stand-in that only tells where to get one
  }
}

export async function hasMaven(): Promise<boolean> {
  try {
    await run('mvn', ['-v']);
    return true;
  } catch {
    return false;
  }
}
