import { readFileSync, writeSync } from 'node:fs';

/**
 * Named places where a process may die between two steps that belong together. Set OPORA_CRASH_AT to `name`, `name:n` or several of those with commas
 * between them, and the process kills itself with SIGKILL the n-th time it comes by; unset, a crash point costs one look-up in an empty map. With `@file`
 * the process reads such a choice from the file whenever it is sent SIGUSR2, so that a running mesh can be walked point by point. The names are listed here
 * so that the fault tests can walk all of them.
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
  'import.after-page',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

const left = new Map<string, number>();
const chosen = process.env['OPORA_CRASH_AT'] ?? '';
if (chosen.startsWith('@')) process.on('SIGUSR2', () => choose(readFileSync(chosen.slice(1), 'utf8')));
else choose(chosen);

export function crashPoint(name: CrashPoint): void {
  const passes = left.get(name);
  if (passes === undefined) return;
  left.set(name, passes - 1);
  if (passes > 1) return;
  writeSync(2, `crash point ${name}\n`);
  process.kill(process.pid, 'SIGKILL');
}

function choose(text: string): void {
  for (const part of text.split(',').filter((one) => one !== '')) {
    const [name = '', passes = '1'] = part.split(':');
    left.set(name, Number(passes));
  }
}
