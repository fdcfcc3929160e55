import { crashPoint } from '../faults/crash-point.ts';
import type { Changes, Database } from '../postgres/database.ts';
import type { Call } from './call.ts';
import { rememberAnswers } from './idempotency.ts';

/** A call whose answer goes with a commit that it shares with others. */
export interface AnsweredCall {
  call: Pick<Call, 'prepare'>;
  answer: unknown;
}

/**
 * Commits what was decided for several calls at once: all of it with the answers that their idempotency keys keep, or nothing. A conflict may be the key
 * of any one of them, so whoever gets one lets each call decide by itself. Not for calls inside of a batch.
 */
export async function commitTogether(database: Pick<Database, 'commit'>, changes: Changes, answered: readonly AnsweredCall[]): Promise<void> {
  const prepared = answered.map(({ call, answer }) => call.prepare(answer));
  const keyed = prepared.flatMap((one) => one.keyed ?? []);
  const statements = [...(changes.statements ?? []), ...(keyed.length > 0 ? [rememberAnswers(keyed)] : [])];
  await database.commit({ ...changes, statements });
  crashPoint('rpc.after-commit');
  for (const { settle } of prepared) settle();
}
