import type { Principal } from '../../../platform/rpc/call.ts';
import type { Change } from '../domain/describe-changes.ts';

/** What an event of ours says for the audit log: who did it and what it changed. Nothing that is secret may stand in a change. */
export function tellAct(
  { id, name }: Pick<Principal, 'id' | 'name'>,
  changes: readonly Change[] = [],
): { actorId: string; actorName: string; changes?: string } {
  return { actorId: id, actorName: name, ...(changes.length > 0 && { changes: JSON.stringify(changes) }) };
}
