import type { Call } from '../../platform/rpc/call.ts';
import { currentTraceId } from '../../platform/telemetry/tracing.ts';
import type { JournalEntry } from './storage/journal-store.ts';

/** Who writes a history: a caller, or the service itself. */
export type Writer = Pick<Call, 'principal' | 'now' | 'newId'>;

export function makeEntry(
  writer: Writer,
  ticketId: string,
  action: JournalEntry['action'],
  changes: JournalEntry['changes'] = [],
  explanation?: string,
): JournalEntry {
  const traceId = currentTraceId();
  return {
    ticketId,
    id: writer.newId(),
    action,
    actorId: writer.principal.id,
    actorName: writer.principal.name,
    at: writer.now,
    changes,
    ...(explanation !== undefined && { explanation }),
    ...(traceId !== undefined && { traceId }),
  };
}
