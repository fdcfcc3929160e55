import type { Envelope } from '../../platform/bus/event.ts';
import type { Subscription } from '../../platform/bus/subscription.ts';
import { readEntry } from '../domain/timeline/read-entry.ts';
import type { DeclaredTypes } from './declared-types.ts';
import { insertEntries } from './entry-store.ts';

/** Keeps what any service says of items: it knows none of them, but the contract in which they say how. */
export function keepTimeline(declared: DeclaredTypes): Subscription {
  return {
    name: 'keep-timeline',
    types: [...declared.keys()],
    async handle(events) {
      const entries = events.flatMap(({ id, type, time, data }: Envelope) => {
        const event = declared.get(type);
        return event ? [{ id, type, ...readEntry(event.timeline, data as Record<string, unknown>, time) }] : [];
      });
      return entries.some(({ itemIds }) => itemIds.length > 0) ? { statements: [insertEntries(entries)] } : {};
    },
  };
}
