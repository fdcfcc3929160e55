import { writeSync } from 'node:fs';

/**
 * Named places where a process may die between two steps that belong together. Set OPORA_CRASH_AT to `name`, `name:n` or several of those with commas
 * between them, and the process kills itself with SIGKILL the n-th time it comes by; unset, a crash point costs one look-up in an empty map. The
 * names are listed here so that the fault tests can walk all of them.
 */
export const crashPoints = [
  'rpc.after-commit',
  'sequencer.before-move',
  'sequencer.after-move',
  'relay.before-send',
  'relay.after-acknowledgement',
  'subscriber.before-commit',
  'subscriber.after-commit',
  'timers.before-commit',
  'timers.after-commit',
  'ingest.after-commit',
  'projection.after-commit',
  'source.after-page',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

const left = new Map(readChoice(process.env['OPORA_CRASH_AT'] ?? ''));

export function crashPoint(name: CrashPoint): void {
  const passes = left.get(name);
  if (passes === undefined) return;
  left.set(name, passes - 1);
  if (passes > 1) return;
  writeSync(2, `crash point ${name}\n`);
  process.kill(process.pid, 'SIGKILL');
}

function readChoice(text: string): [string, number][] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', passes = '1'] = part.split(':');
      return [name, Number(passes)];
    });
}
