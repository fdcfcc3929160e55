import type { Call } from '../../platform/rpc/call.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import { mergeDeciders } from './merge.ts';
import type { StoredMerge } from './merge-store.ts';
import type { PageParts } from './take-page.ts';

/** Merging two items by hand, and taking a merge back. */
export function mergeUseCases(parts: PageParts) {
  const deciders = mergeDeciders(parts);
  return {
    merge: <Answer>(
      { winnerId, loserId, reason }: { winnerId: string; loserId: string; reason?: string },
      call: Call,
      answer: (merge: StoredMerge) => Answer,
    ): Promise<Answer> =>
      retryLostRace(call, async () => {
        const { changes, merge } = await deciders.merge(winnerId, loserId, reason, call);
        return call.commit(changes, answer(merge));
      }),
    undo: <Answer>({ id, reason }: { id: string; reason?: string }, call: Call, answer: (merge: StoredMerge) => Answer): Promise<Answer> =>
      retryLostRace(call, async () => {
        const { changes, merge } = await deciders.undo(id, reason, call);
        return call.commit(changes, answer(merge));
      }),
  };
}
