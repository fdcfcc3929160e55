import type { BulkEditState } from './bulk-edit-store.ts';

/** The timer on which a bulk edit goes on. Each turn has one of its own, because the one that is being handled goes with its effect. */
export function bulkEditTimer({ id, status, done }: Pick<BulkEditState, 'id' | 'status' | 'done'>): string {
  return `bulk-edit/${id}/${status}/${done}`;
}

export function bulkEditOf(timer: string): string | undefined {
  return /^bulk-edit\/([^/]*)\//.exec(timer)?.[1];
}

/** The timer on which one that nobody has applied is forgotten. */
export function expiryTimer(id: string): string {
  return `bulk-edit-expiry/${id}`;
}

export function expiryOf(timer: string): string | undefined {
  return /^bulk-edit-expiry\/(.*)$/.exec(timer)?.[1];
}
