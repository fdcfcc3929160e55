import { AppError, type FieldViolation } from '../platform/errors/app-error.ts';
import type { Database } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';
import type { Call } from '../platform/rpc/call.ts';
import { announceRelation } from './announce.ts';
import { authorOf } from './author.ts';
import { checkRelationType, identify, type RelationEnds, type RelationState, relate, unrelate } from './domain/relation.ts';
import type { Outcome } from './items.ts';
import { retryLostRace } from './retry-lost-race.ts';
import { type ItemEnd, readEndsOfSource, readItems } from './storage/item-store.ts';
import { readRelations, readRelationsBetween, writeRelations } from './storage/relation-store.ts';

/** A relation as a source names it: by its own keys. */
export interface RelationRecord {
  type: string;
  fromKey: string;
  toKey: string;
}

export function relationUseCases(database: Database) {
  async function find(id: string): Promise<RelationState> {
    const [relation] = await readRelations(database, sql`id = ${id}`);
    if (!relation) throw new AppError('not_found', `There is no relation "${id}".`);
    return relation;
  }

  return {
    find,

    async create<Answer>(
      { reason, ...ends }: RelationEnds & { reason?: string },
      call: Call,
      answer: (relation: RelationState) => Answer,
    ): Promise<Answer> {
      const items = new Map((await readItems(database, sql`id = any(${[ends.fromId, ends.toId]}::uuid[])`)).map((item) => [item.id, item]));
      const violations = [
        ...checkRelationType(ends.type, '/type'),
        ...checkEnd(items.get(ends.fromId), '/fromId'),
        ...checkEnd(items.get(ends.toId), '/toId'),
        ...(ends.fromId === ends.toId ? [{ pointer: '/toId', message: 'must not be the item that it begins at' }] : []),
      ];
      if (violations.length > 0) throw new AppError('invalid_input', 'These two cannot be related so.', { violations });
      const before = (await readRelationsBetween(database, [ends])).get(identify(ends));
      const relation = relate(before, { ...ends, id: call.newId(), source: 'manual' }, call.now);
      if (!relation) throw new AppError('conflict', `They are related so already: it is relation ${before?.id}.`);
      return commitRelations([relation], call, answer(relation), reason);
    },

    async remove<Answer>(id: string, call: Call, answer: () => Answer): Promise<Answer> {
      return retryLostRace(call, async () => {
        const relation = unrelate(await find(id), call.now);
        return commitRelations(relation ? [relation] : [], call, answer());
      });
    },

    /** Takes in what a source says of relations between its items: what was not there, is now; what is there, is not written. */
    upsert<Answer>(
      { source, reason }: { source: string; reason?: string },
      records: readonly RelationRecord[],
      call: Call,
      answer: (outcomes: Outcome[]) => Answer,
    ): Promise<Answer> {
      return retryLostRace(call, async () => {
        const wanted = await findEnds(database, source, records);
        const known = await readRelationsBetween(database, wanted);
        const changed: RelationState[] = [];
        const outcomes = wanted.map((ends): Outcome => {
          const before = known.get(identify(ends));
          const after = relate(before, { ...ends, id: call.newId(), source }, call.now);
          if (after) changed.push(after);
          const { id, version } = after ?? before ?? { id: '', version: 0 };
          return { id, version, outcome: after ? 'created' : 'unchanged' };
        });
        return commitRelations(changed, call, answer(outcomes), reason);
      });
    },
  };
}

async function findEnds(database: Database, source: string, records: readonly RelationRecord[]): Promise<RelationEnds[]> {
  const items = await readEndsOfSource(database, source, [...new Set(records.flatMap(({ fromKey, toKey }) => [fromKey, toKey]))]);
  const seen = new Map<string, number>();
  const violations: FieldViolation[] = [];
  const ends = records.map((record, index): RelationEnds => {
    const from = items.get(record.fromKey);
    const to = items.get(record.toKey);
    const at = `/relations/${index}`;
    violations.push(...checkRelationType(record.type, `${at}/type`), ...checkEnd(from, `${at}/fromKey`), ...checkEnd(to, `${at}/toKey`));
    if (record.fromKey === record.toKey) violations.push({ pointer: `${at}/toKey`, message: 'must not be the item that it begins at' });
    const found = { type: record.type, fromId: from?.id ?? '', toId: to?.id ?? '' };
    const twin = from && to && seen.get(identify(found));
    if (twin !== undefined) violations.push({ pointer: at, message: `is the same relation as /relations/${twin}` });
    seen.set(identify(found), index);
    return found;
  });
  if (violations.length > 0)
    throw new AppError('invalid_input', 'Some relations cannot be taken in; none of them was.', { violations: violations.slice(0, 100) });
  return ends;
}

function checkEnd(item: ItemEnd | undefined, pointer: string): FieldViolation[] {
  if (!item) return [{ pointer, message: 'is no item that is known' }];
  return item.state === 'retired' ? [{ pointer, message: `is out of use ("${item.name}" is retired)` }] : [];
}

function commitRelations<Answer>(relations: readonly RelationState[], call: Call, answer: Answer, reason?: string): Promise<Answer> {
  return call.commit({ statements: writeRelations(relations, authorOf(call, reason)), events: relations.map(announceRelation) }, answer);
}
