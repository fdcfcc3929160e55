import type { Call } from '../platform/rpc/call.ts';
import { currentTraceId } from '../platform/telemetry/tracing.ts';
import type { Author } from './storage/item-store.ts';

export function authorOf(call: Pick<Call, 'principal'>, reason?: string): Author {
  const traceId = currentTraceId();
  return {
    actorId: call.principal.id,
    actorName: call.principal.name,
    ...(traceId !== undefined && { traceId }),
    ...(reason !== undefined && { reason }),
  };
}
