import { announceItem, announceRelation } from '../../cmdb/announce.ts';
import { type ItemState, newItem, reviseItem } from '../../cmdb/domain/item.ts';
import { identify, type RelationState, relate, unrelate } from '../../cmdb/domain/relation.ts';
import { writeItems } from '../../cmdb/storage/item-store.ts';
import { writeRelations } from '../../cmdb/storage/relation-store.ts';
import type { CmdbEvent } from '../../generated/opora/cmdb/v1/events.ts';
import type { NewEvent } from '../../platform/bus/event.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';

const author = { actorId: 'ivan', actorName: 'Иван' };
/** Few, so that relations come and go and come back often; of each way of failure one. */
const types = ['runs_on', 'part_of', 'replicates_with', 'documents'];

/** Numbers that look random and are the same in each run. */
export function seeded(seed: number) {
  let state = seed;
  const next = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
  return { below: (limit: number) => Math.floor(next() * limit), chance: (share: number) => next() < share };
}

/** Lives through a random history of items and relations in the records; gives its events. */
export async function liveHistory(database: Database, { seed, turns }: { seed: number; turns: number }): Promise<CmdbEvent[]> {
  const random = seeded(seed);
  const items: ItemState[] = [];
  const relations = new Map<string, RelationState>();
  const events: CmdbEvent[] = [];
  const rules = { classes: new Map(), sensitive: new Set<string>() };
  for (let turn = 1; turn <= turns; turn++) {
    if (items.length < 3 || random.chance(0.2)) {
      const id = newUuid();
      const after = newItem({ id, source: 'test', key: id }, { class: 'server', name: `item ${turn}` }, turn);
      items.push(after);
      await database.commit({ statements: writeItems([{ after }], author, rules) });
      events.push(toEnvelope(announceItem({ after }, new Set())));
    } else if (random.chance(0.3)) {
      const index = random.below(items.length);
      const before = items[index];
      const after = before && reviseItem(before, random.chance(0.3) ? { state: 'retired' } : { name: `turn ${turn}`, state: 'active' }, turn);
      if (!after) continue;
      items[index] = after;
      await database.commit({ statements: writeItems([{ before, after }], author, rules) });
      events.push(toEnvelope(announceItem({ before, after }, new Set())));
    } else {
      const [from, to] = [items[random.below(3)], items[random.below(3)]];
      if (!from || !to || from === to || from.state === 'retired' || to.state === 'retired') continue;
      const ends = { type: types[random.below(types.length)] ?? '', fromId: from.id, toId: to.id };
      const before = relations.get(identify(ends));
      const after = before?.state === 'active' ? unrelate(before, turn) : relate(before, { ...ends, id: newUuid(), source: 'test' }, turn);
      if (!after) continue;
      relations.set(identify(ends), after);
      await database.commit({ statements: writeRelations([after], author) });
      events.push(toEnvelope(announceRelation(after)));
    }
  }
  return events;
}

/** Puts events into the log of the service, as if they had been announced a minute ago. */
export async function logEvents(database: Database, events: readonly CmdbEvent[]): Promise<void> {
  for (const { id, type, key, time, data } of events) {
    await database.query(sql`insert into bus_log (event_id, type, key, time, data, appended_at)
      values (${id}, ${type}, ${key}, ${time}, ${JSON.stringify(data)}, clock_timestamp() - interval '1 minute')`);
  }
}

function toEnvelope(event: NewEvent): CmdbEvent {
  return { ...event, id: newUuid(), source: 'cmdb', time: new Date().toISOString() } as CmdbEvent;
}
