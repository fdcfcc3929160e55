import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Difference } from './compare-page.ts';
import { holdProjection, inTransaction, type Space, type Ways, writeProjected } from './projection.ts';
import { readItems, readRelations } from './read-records.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Makes the projection forget what differs and writes it again as the records have it now. The records are read while nobody else can write to the projection, and
 * no event is ahead of them, so what comes late is older. Does nothing while the projection is being rebuilt.
 */
export async function repairGraph({ space, database, ways }: { space: Space; database: Database; ways: Ways }, differences: readonly Difference[]) {
  const { label } = space;
  const idsOf = (kind: Difference['kind']) => differences.flatMap((each) => (each.kind === kind && each.id !== '' ? each.id : []));
  const [itemIds, relationIds] = [idsOf('item'), idsOf('relation')];
  const recorded = (ids: readonly string[]) => ids.filter((id) => uuid.test(id)); // by hand, anything can be made
  await inTransaction(space, 'WRITE', async (tx) => {
    if (!(await holdProjection(tx, label, { condition: 'projection.complete', set: 'projection.repairedAt = timestamp()' }))) return;
    const items = await readItems(database, sql`id = any(${recorded(itemIds)}::uuid[])`);
    const relations = await readRelations(database, sql`id = any(${recorded(relationIds)}::uuid[])`);
    const known = new Set(items.map(({ id }) => id));
    const places = [
      ...differences.flatMap(({ id, ends }) => ends.map(({ fromId, toId }) => ({ id, fromId, toId }))),
      ...relations.flatMap(({ id, fromId, toId }) => [
        { id, fromId, toId },
        { id, fromId: toId, toId: fromId },
      ]),
    ];
    await tx.run(
      `unwind $places as place match (a:${label} {id: place.fromId})-[r]->(b:${label} {id: place.toId}) where coalesce(r.id, '') = place.id
        with distinct r delete r`,
      { places },
    );
    await tx.run(`unwind $ids as id match (item:${label} {id: id}) detach delete item`, { ids: itemIds.filter((id) => !known.has(id)) });
    await tx.run(`unwind $ids as id match (item:${label} {id: id}) set item = {id: id}`, { ids: [...known] });
    await writeProjected(tx, label, { items, relations }, ways);
  });
}
