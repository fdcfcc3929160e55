import { AppError, type FieldViolation } from '../platform/errors/app-error.ts';
import type { Database } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';
import type { Call } from '../platform/rpc/call.ts';
import { announceRelation } from './announce.ts';
import { authorOf } from './author.ts';
import type { ItemState } from './domain/item.ts';
import { checkCardinality, checkRelation, limitsOf } from './domain/model/check-relation.ts';
import type { CompiledModel } from './domain/model/compile-model.ts';
import { pointTo } from './domain/model/pointer.ts';
import { authoriseRelation, identify, type RelationEnds, type RelationState, relate, unrelate } from './domain/relation.ts';
import { type ItemParts, type Outcome, refuse, toOutcome } from './items.ts';
import { judgeByModel } from './model/models.ts';
import { retryLostRace } from './retry-lost-race.ts';
import { fullSight, type ItemRights, noSight, requireChange, rightsReader, type Sight } from './rights/rights.ts';
import { readItems } from './storage/item-store.ts';
import { countRelations, readRelations, readRelationsBetween, writeRelations } from './storage/relation-store.ts';
import { takeTurns } from './take-turns.ts';
import { writeRelationChanges } from './write-changes.ts';

/** A relation as a source names it: by its own keys. */
export interface RelationRecord {
  type: string;
  fromKey: string;
  toKey: string;
}

export function relationUseCases({ database, models, model, takePage }: ItemParts) {
  const turns = takeTurns(database);
  const rightsFor = rightsReader(model);

  async function find(id: string, sight: Sight): Promise<RelationState> {
    const [relation] = await readRelations(database, sql`id = ${id} and ${sight.relations}`);
    if (!relation) throw new AppError('not_found', `There is no relation "${id}".`);
    return relation;
  }

  /** A relation is a fact of both of its ends. */
  async function findToChange(id: string, rights: ItemRights): Promise<RelationState> {
    if (rights.changesAll) return find(id, fullSight);
    const [relation] = await readRelations(database, sql`id = ${id}`);
    const ends = relation ? await readItems(database, sql`id = any(${[relation.fromId, relation.toId]}::uuid[])`) : [];
    if (!relation || !ends.every((item) => rights.canSee(item) || rights.canChange(item))) return find(id, noSight);
    for (const item of ends) requireChange(rights, item.id, item);
    return relation;
  }

  /** Where an item may have one relation of a type only, those who want it for the same item come one after the other. */
  async function inTurn<Result>(ends: readonly RelationEnds[], work: () => Promise<Result>): Promise<Result> {
    const { relationTypes } = await models.current();
    const limited = ends.filter(({ type }) => (relationTypes.get(type)?.cardinality ?? 'many_to_many') !== 'many_to_many');
    return limited.length === 0
      ? work()
      : turns([...new Set(limited.flatMap(({ type, fromId, toId }) => [`${type} ${fromId}`, `${type} ${toId}`]))], work);
  }

  async function commitRelations<Answer>(
    wanted: readonly RelationState[],
    call: Call,
    answer: (relation: RelationState | undefined) => Answer,
    reason?: string,
  ): Promise<Answer> {
    const judging = { database, model: await models.current(), author: authorOf(call, reason) };
    const { statements, events, relations } = await writeRelationChanges(judging, wanted);
    return call.commit({ statements, events }, answer(relations[0]));
  }

  return {
    find,

    async create<Answer>(
      { reason, ...ends }: RelationEnds & { reason?: string },
      call: Call,
      answer: (relation: RelationState) => Answer,
    ): Promise<Answer> {
      const rights = await rightsFor(call);
      const found = (await readItems(database, sql`id = any(${[ends.fromId, ends.toId]}::uuid[])`)).filter(
        (item) => rights.canSee(item) || rights.canChange(item),
      );
      const items = new Map(found.map((item) => [item.id, item]));
      const [from, to] = [items.get(ends.fromId), items.get(ends.toId)];
      const { violations } = await judgeByModel(models, (model) => ({
        violations: [
          ...checkRelation(model, { type: ends.type, fromClass: from?.class, toClass: to?.class }),
          ...checkEnd(from, '/fromId'),
          ...checkEnd(to, '/toId'),
          ...(ends.fromId === ends.toId ? [{ pointer: '/toId', message: 'must not be the item that it begins at' }] : []),
        ],
      }));
      refuse(violations, 'These two cannot be related so.');
      for (const item of found) requireChange(rights, item.id, item);
      return inTurn([ends], async () => {
        const before = (await readRelationsBetween(database, [ends])).get(identify(ends));
        const relation = relate(before, { ...ends, id: call.newId(), source: 'manual' }, call.now);
        if (!relation) throw new AppError('conflict', `They are related so already: it is relation ${before?.id}.`);
        const crowded = await findCrowded(database, await models.current(), [{ ...ends, pointers: { from: '/fromId', to: '/toId' } }]);
        refuse(crowded, 'One of these two may not have another relation of this type.');
        return commitRelations([relation], call, (written) => answer(written ?? relation), reason);
      });
    },

    async remove<Answer>(id: string, call: Call, answer: () => Answer): Promise<Answer> {
      const rights = await rightsFor(call);
      return retryLostRace(call, async () => {
        const relation = unrelate(await findToChange(id, rights), call.now);
        return commitRelations(relation ? [relation] : [], call, answer);
      });
    },

    /** Approves afterwards that a relation came, or ended, without an approved change. */
    async authorise<Answer>(id: string, reason: string, call: Call, answer: (relation: RelationState) => Answer): Promise<Answer> {
      const rights = await rightsFor(call);
      return retryLostRace(call, async () => {
        const before = await findToChange(id, rights);
        if (!before.unauthorised) throw new AppError('illegal_state', 'Nothing of this relation waits for an approval.');
        const after = authoriseRelation(before, call.now);
        return call.commit({ statements: writeRelations([after], authorOf(call, reason)), events: [announceRelation(after)] }, answer(after));
      });
    },

    /** Takes in what a source says of relations between its items: what was not there, is now; what is there, is not written. */
    async upsert<Answer>(
      { source, reason }: { source: string; reason?: string },
      records: readonly RelationRecord[],
      call: Call,
      answer: (outcomes: Outcome[]) => Answer,
    ): Promise<Answer> {
      const wanted = await findEnds(database, models, source, records);
      return inTurn(wanted, async () => {
        const known = await readRelationsBetween(database, wanted);
        const come = wanted.flatMap((ends, index): CountedEnds[] => {
          const at = pointTo('/relations', index);
          const isThere = known.get(identify(ends))?.state === 'active';
          return isThere ? [] : [{ ...ends, pointers: { from: pointTo(at, 'fromKey'), to: pointTo(at, 'toKey') } }];
        });
        refuse(await findCrowded(database, await models.current(), come), 'Some items may not have another relation of a type; none was taken in.');
        const page = { source, items: [], relations: records, ...(reason !== undefined && { reason }) };
        return takePage(page, call, ({ relations }) => answer(relations.map(toOutcome)));
      });
    },
  };
}

/** All of the call or nothing: the ends must be known, which those of a snapshot need not. */
async function findEnds(
  database: Database,
  models: ItemParts['models'],
  source: string,
  records: readonly RelationRecord[],
): Promise<RelationEnds[]> {
  const keys = [...new Set(records.flatMap(({ fromKey, toKey }) => [fromKey, toKey]))];
  const found = await database.query<ItemEnd & { key: string }>(sql`select l.key, i.id, i.name, i.class, i.state
    from item_link l join item i on i.id = l.item_id where l.source = ${source} and l.key = any(${keys}::text[])`);
  const items = new Map(found.map((end) => [end.key, end]));
  const { violations, ends } = await judgeByModel(models, (model) => readRelationRecords(records, items, model));
  refuse(violations, 'Some relations cannot be taken in; none of them was.');
  return ends;
}

type ItemEnd = Pick<ItemState, 'id' | 'name' | 'class' | 'state'>;

function readRelationRecords(records: readonly RelationRecord[], items: ReadonlyMap<string, ItemEnd>, model: CompiledModel) {
  const seen = new Map<string, number>();
  const violations: FieldViolation[] = [];
  const ends = records.map((record, index): RelationEnds => {
    const from = items.get(record.fromKey);
    const to = items.get(record.toKey);
    const at = pointTo('/relations', index);
    violations.push(...checkRelation(model, { type: record.type, fromClass: from?.class, toClass: to?.class }, at));
    violations.push(...checkEnd(from, `${at}/fromKey`), ...checkEnd(to, `${at}/toKey`));
    if (record.fromKey === record.toKey || (from !== undefined && from.id === to?.id))
      violations.push({ pointer: `${at}/toKey`, message: 'must not be the item that it begins at' });
    const found = { type: record.type, fromId: from?.id ?? '', toId: to?.id ?? '' };
    const twin = from && to && seen.get(identify(found));
    if (twin !== undefined) violations.push({ pointer: at, message: `is the same relation as /relations/${twin}` });
    seen.set(identify(found), index);
    return found;
  });
  return { violations, ends };
}

/** Ends of a relation that is to come, and where they stand in what was asked. */
type CountedEnds = RelationEnds & { pointers: { from: string; to: string } };

/** Ends that would have more relations of a type than the model lets them have. */
export async function findCrowded(database: Database, model: CompiledModel, come: readonly CountedEnds[]): Promise<FieldViolation[]> {
  const limited = come.filter(({ type }) => Object.values(limitsOf(model.relationTypes.get(type)?.cardinality)).includes(true));
  if (limited.length === 0) return [];
  const counts = await countRelations(database, limited);
  return limited.flatMap(({ type, fromId, toId, pointers }) => {
    const [ofFrom, ofTo] = [count(counts.from, type, fromId), count(counts.to, type, toId)];
    return checkCardinality(model, type, { ofFrom, ofTo }, pointers);
  });
}

/** One more of a type at an item. */
function count(counts: Map<string, number>, type: string, id: string): number {
  const now = (counts.get(`${type} ${id}`) ?? 0) + 1;
  counts.set(`${type} ${id}`, now);
  return now;
}

function checkEnd(item: Pick<ItemEnd, 'name' | 'state'> | undefined, pointer: string): FieldViolation[] {
  if (!item) return [{ pointer, message: 'is no item that is known' }];
  return item.state === 'retired' ? [{ pointer, message: `is out of use ("${item.name}" is retired)` }] : [];
}
