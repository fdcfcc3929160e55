/**
 * Named places where a process may die between two steps that belong together. Set OPORA_CRASH_AT=`name` or `name:n` and the process
 * kills itself with SIGKILL the n-th time it comes by; unset, a crash point costs one comparison. The names are listed here so that the
 * fault tests can walk all of them.
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
] as const;
export type CrashPoint = (typeof crashPoints)[number];

const [chosen, count = '1'] = (process.env['OPORA_CRASH_AT'] ?? '').split(':');
let left = Number(count);

export function crashPoint(name: CrashPoint): void {
  if (name === chosen && --left === 0) process.kill(process.pid, 'SIGKILL');
}
