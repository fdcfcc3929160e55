import type { CmdbEvent } from '../../generated/opora/cmdb/v1/events.ts';
import type { Subscription } from '../../platform/bus/subscription.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { crashPoint } from '../../platform/faults/crash-point.ts';
import type { Models } from '../model/models.ts';
import {
  holdProjection,
  inTransaction,
  nameOf,
  type ProjectedChanges,
  type ProjectedItem,
  type ProjectedRelation,
  type Space,
  writeProjected,
} from './projection.ts';

/**
 * Carries the CMDB's events into Neo4j. A batch is one transaction there, with a note of its last event; that it may come again is harmless, because
 * versions only rise. Without a whole projection to add to it waits: a rebuild reads the records, which are never behind the events, and writes alone.
 */
export function projectGraph(space: Space, models: Pick<Models, 'newest'>): Subscription<CmdbEvent> {
  return {
    name: subscriptionOf(nameOf(space)),
    types: [
      'opora.cmdb.v1.ItemCreated',
      'opora.cmdb.v1.ItemUpdated',
      'opora.cmdb.v1.ItemRetired',
      'opora.cmdb.v1.RelationCreated',
      'opora.cmdb.v1.RelationRemoved',
    ],
    batch: 5_000,
    async handle(events) {
      const last = events.at(-1);
      if (!last) return {};
      const changes = foldEvents(events);
      const model = await models.newest(); // a way of failure that is out of date would stay in the projection
      await inTransaction(space, 'WRITE', async (tx) => {
        const hold = { condition: 'projection.complete', set: 'projection.lastEvent = $id, projection.appliedTo = datetime($time)' };
        if (!(await holdProjection(tx, space.label, hold, { id: last.id, time: last.time })))
          throw new AppError('unavailable', 'There is no whole projection to add to; it is being rebuilt.', { retryAfterSeconds: 1 });
        await writeProjected(tx, space.label, changes, model);
      });
      crashPoint('projection.after-commit');
      return {};
    },
  };
}

/** `project-graph` of the first server, `project-graph-2` of the second: each hears all events, at its own pace. */
function subscriptionOf(server: string): string {
  return server.replace('neo4j', 'project-graph');
}

/** The newest state of each item and relation that the events tell of. */
export function foldEvents(events: readonly CmdbEvent[]): ProjectedChanges {
  const items = new Map<string, ProjectedItem>();
  const relations = new Map<string, ProjectedRelation>();
  for (const { type, data } of events) {
    switch (type) {
      case 'opora.cmdb.v1.ItemCreated':
      case 'opora.cmdb.v1.ItemUpdated':
      case 'opora.cmdb.v1.ItemRetired': {
        const { itemId: id, version, class: itemClass, name, source, key, state } = data;
        keepNewest(items, { id, version, class: itemClass, name, source, key, state });
        break;
      }
      case 'opora.cmdb.v1.RelationCreated':
      case 'opora.cmdb.v1.RelationRemoved': {
        const { relationId: id, version, type: relationType, fromId, toId } = data;
        const state = type === 'opora.cmdb.v1.RelationCreated' ? 'active' : 'removed';
        keepNewest(relations, { id, version, type: relationType, fromId, toId, state });
        break;
      }
      case 'opora.cmdb.v1.ChangeSetBegun':
        break; // what it does to items and relations is told one by one
      case 'opora.cmdb.v1.DeadlineApproaching':
        break; // it changes nothing
    }
  }
  return { items: [...items.values()], relations: [...relations.values()] };
}

function keepNewest<State extends { id: string; version: number }>(states: Map<string, State>, state: State): void {
  const known = states.get(state.id);
  if (!known || known.version < state.version) states.set(state.id, state);
}
