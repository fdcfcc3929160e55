import { projectGraph } from '../../../cmdb/graph/project-graph.ts';
import type { ProjectedItem, ProjectedRelation, Space } from '../../../cmdb/graph/projection.ts';
import type { Models } from '../../../cmdb/model/models.ts';
import type { CmdbEvent } from '../../../generated/opora/cmdb/v1/events.ts';
import { newUuid } from '../../../platform/clock/clock.ts';

/** As many partitions as a topic has: each is worked on by itself, a batch after the other. */
const partitions = 4;

const handling = {
  now: 0,
  newId: newUuid,
  within: () => ({ deadline: 0, principal: { kind: 'service' as const, id: 'cmdb', name: 'cmdb', permissions: [] } }),
};

/** Tells a projection of these as the subscription would, from memory. */
export async function replay(space: Space, models: Models, items: readonly ProjectedItem[], relations: readonly ProjectedRelation[]): Promise<void> {
  const { handle, batch = 1 } = projectGraph(space, models);
  const waiting: CmdbEvent[][] = Array.from({ length: partitions }, () => []);
  for (const event of events(items, relations)) waiting[Number.parseInt(event.key.slice(-1), 16) % partitions]?.push(event);
  await Promise.all(
    waiting.map(async (lane) => {
      for (let from = 0; from < lane.length; from += batch) await handle(lane.slice(from, from + batch), handling);
    }),
  );
}

function* events(items: readonly ProjectedItem[], relations: readonly ProjectedRelation[]): Generator<CmdbEvent> {
  const said = { id: newUuid(), source: 'cmdb', time: new Date().toISOString() };
  for (const { id: itemId, ...data } of items)
    yield { ...said, type: 'opora.cmdb.v1.ItemCreated', key: itemId, data: { itemId, ...data } } as CmdbEvent;
  for (const { id: relationId, state: _, ...data } of relations)
    yield { ...said, type: 'opora.cmdb.v1.RelationCreated', key: data.fromId, data: { relationId, ...data } } as CmdbEvent;
}
