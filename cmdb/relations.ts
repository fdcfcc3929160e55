import { AppError, type FieldViolation } from '../platform/errors/app-error.ts';
import type { Database } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';
import type { Call } from '../platform/rpc/call.ts';
import { announceRelation } from './announce.ts';
import { authorOf } from './author.ts';
import type { ItemState } from './domain/item.ts';
import { checkRelation } from './domain/model/check-relation.ts';
import type { CompiledModel } from './domain/model/compile-model.ts';
import { checkRelationType, identify, type RelationEnds, type RelationState, relate, unrelate } from './domain/relation.ts';
import { type ItemParts, type Outcome, toOutcome } from './items.ts';
import { retryLostRace } from './retry-lost-race.ts';
import { readItems } from './storage/item-store.ts';
import { readRelations, readRelationsBetween, writeRelations } from './storage/relation-store.ts';

/** A relation as a source names it: by its own keys. */
export interface RelationRecord {
  type: string;
  fromKey: string;
  toKey: string;
}

export function relationUseCases({ database, model, takePage }: ItemParts) {
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
    async upsert<Answer>(
      { source, reason }: { source: string; reason?: string },
      records: readonly RelationRecord[],
      call: Call,
      answer: (outcomes: Outcome[]) => Answer,
    ): Promise<Answer> {
      await requireEnds(database, await model(), source, records);
      const page = { source, items: [], relations: records, ...(reason !== undefined && { reason }) };
      return takePage(page, call, ({ relations }) => answer(relations.map(toOutcome)));
    },
  };
}

/** All of the call or nothing: the ends must be known, which a snapshot's need not. */
async function requireEnds(database: Database, model: CompiledModel, source: string, records: readonly RelationRecord[]): Promise<void> {
  const keys = [...new Set(records.flatMap(({ fromKey, toKey }) => [fromKey, toKey]))];
  const found = await database.query<ItemEnd & { key: string }>(sql`select l.key, i.id, i.name, i.class, i.state
    from item_link l join item i on i.id = l.item_id where l.source = ${source} and l.key = any(${keys}::text[])`);
  const items = new Map(found.map((end) => [end.key, end]));
  const seen = new Map<string, number>();
  const violations: FieldViolation[] = [];
  for (const [index, record] of records.entries()) {
    const from = items.get(record.fromKey);
    const to = items.get(record.toKey);
    const at = `/relations/${index}`;
    const isSame = record.fromKey === record.toKey || (from !== undefined && from.id === to?.id);
    violations.push(
      ...checkRelation(model, { type: record.type, fromClass: from?.class, toClass: to?.class }, at),
      ...checkEnd(from, `${at}/fromKey`),
      ...checkEnd(to, `${at}/toKey`),
      ...(isSame ? [{ pointer: `${at}/toKey`, message: 'must not be the item that it begins at' }] : []),
    );
    const ends = from && to && identify({ type: record.type, fromId: from.id, toId: to.id });
    const twin = ends && seen.get(ends);
    if (twin !== undefined) violations.push({ pointer: at, message: `is the same relation as /relations/${twin}` });
    if (ends !== undefined) seen.set(ends, index);
  }
  if (violations.length > 0)
    throw new AppError('invalid_input', 'Some relations cannot be taken in; none of them was.', { violations: violations.slice(0, 100) });
}

type ItemEnd = Pick<ItemState, 'id' | 'name' | 'class' | 'state'>;

function checkEnd(item: Pick<ItemEnd, 'name' | 'state'> | undefined, pointer: string): FieldViolation[] {
  if (!item) return [{ pointer, message: 'is no item that is known' }];
  return item.state === 'retired' ? [{ pointer, message: `is out of use ("${item.name}" is retired)` }] : [];
}

function commitRelations<Answer>(relations: readonly RelationState[], call: Call, answer: Answer, reason?: string): Promise<Answer> {
  return call.commit({ statements: writeRelations(relations, authorOf(call, reason)), events: relations.map(announceRelation) }, answer);
}
