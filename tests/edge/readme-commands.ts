import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { adminToken, type EdgeHub } from './start-hub.ts';

const run = promisify(execFile);

export interface ReadmeCommand {
  command: string;
  /** What the README shows of its answer; it may have more. */
  answer: object;
}

/** The lines of a section of README.md that begin with `curl`, each with the answer that stands below it. */
export function readCommands(title: string): ReadmeCommand[] {
  const [, section = ''] = readFileSync('README.md', 'utf8').split(`## ${title}\n`);
  const [, block = ''] = /```sh\n(.*?)```/s.exec(section) ?? [];
  return block.split(/^(?=curl )/m).map((part) => {
    const [, command = '', answer = ''] = /^(.*?)^# (.*)$/ms.exec(part) ?? [];
    return { command, answer: JSON.parse(answer.replaceAll('\n# ', '').replace(/,? *…/g, '')) as object };
  });
}

/** Runs a command of README.md as it stands there, against this hub. */
export async function curl(hub: EdgeHub, command: string): Promise<unknown> {
  const here = command.replaceAll('http://127.0.0.1:8080', hub.url).replaceAll('opora_try_it_now', adminToken);
  const { stdout } = await run('bash', ['-c', here.replace(/^curl /, 'curl -sS ')]);
  return JSON.parse(stdout);
}

/** Only what the README shows has to be so; an object in it may have more, an ID may be any, and NNN any number. */
export function atLeast(shown: unknown): unknown {
  if (Array.isArray(shown)) return shown.map(atLeast);
  if (typeof shown === 'string' && shown.includes('NNN'))
    return expect.stringMatching(`^${shown.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace('NNN', '\\d+')}$`);
  if (typeof shown !== 'object' || shown === null) return shown === 'ID' ? expect.any(String) : shown;
  return expect.objectContaining(Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, atLeast(value)])));
}
