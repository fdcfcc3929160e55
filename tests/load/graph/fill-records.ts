import { newItem } from '../../../cmdb/domain/item.ts';
import { relate } from '../../../cmdb/domain/relation.ts';
import { writeItems } from '../../../cmdb/storage/item-store.ts';
import { writeRelations } from '../../../cmdb/storage/relation-store.ts';
import { newUuid } from '../../../platform/clock/clock.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { type Enterprise, type RelationLine, relationsOfItem } from '../cmdb/enterprise.ts';

const author = { actorId: 'bench', actorName: 'bench' };
/** Records in one commit. */
const page = 1_000;

/** Writes an enterprise into the records past the sources, for those who need it there and not to be told of it; `ids` by the items' keys. */
export async function fillRecords(database: Database, enterprise: Enterprise): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  const now = Date.now();
  for (let from = 0; from < enterprise.items; from += page) {
    const items = Array.from({ length: Math.min(page, enterprise.items - from) }, (_, place) => {
      const { key, class: itemClass, name } = enterprise.item(from + place);
      const id = newUuid();
      ids.set(key, id);
      return { after: newItem({ id, source: 'bench', key }, { class: itemClass, name }, now) };
    });
    await database.commit({ statements: writeItems(items, author, { classes: new Map(), sensitive: new Set() }) });
  }

  const seen = new Set<string>();
  const relateLine = ({ type, fromKey, toKey }: RelationLine) => {
    const [fromId, toId] = [ids.get(fromKey), ids.get(toKey)];
    const identity = `${fromKey} ${type} ${toKey}`;
    if (fromId === undefined || toId === undefined || seen.has(identity)) return [];
    seen.add(identity);
    return relate(undefined, { type, fromId, toId, id: newUuid(), source: 'bench' }, now) ?? [];
  };
  for (let from = 0; from < enterprise.items; from += page / relationsOfItem) {
    seen.clear(); // what is the same has one beginning, and all that begins at an item is on one page
    const count = Math.min(page / relationsOfItem, enterprise.items - from);
    const lines = Array.from({ length: count * relationsOfItem }, (_, place) =>
      enterprise.relation(from + Math.floor(place / relationsOfItem), place % relationsOfItem),
    );
    await database.commit({
      statements: writeRelations(
        lines.flatMap((line) => (line ? relateLine(line) : [])),
        author,
      ),
    });
  }
  return ids;
}
