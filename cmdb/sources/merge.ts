import { AppError } from '../../platform/errors/app-error.ts';
import type { Changes } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { announceRelation } from '../announce.ts';
import { authorOf } from '../author.ts';
import { type MergeRules, mergeItems, type RelationRow, type WholeItem as WholeToMerge } from '../domain/identify/merge-items.ts';
import { toFields } from '../domain/identify/said.ts';
import { splitItem } from '../domain/identify/split-item.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { identify, type RelationState, relate, unrelate } from '../domain/relation.ts';
import { insertChangeSet } from '../history/change-set-store.ts';
import { beginChangeSet } from '../history/change-sets.ts';
import { readRelations, readRelationsBetween, writeRelations } from '../storage/relation-store.ts';
import { writeCorrections } from '../write-changes.ts';
import { assignToItems, nothingKnown } from './assign-to-items.ts';
import { type Link, speaks, toSaid } from './link.ts';
import { writeLinks } from './link-store.ts';
import { findMerge, insertMerge, markSplit, rehostDependents, relocateLinks, type StoredMerge } from './merge-store.ts';
import type { PageParts } from './take-page.ts';
import { readWholeItems, toChange, toLinkKey, type WholeItem } from './whole-items.ts';

/** An item in more relations than this is not merged in one go. */
const mostRelations = 5_000;

export interface Decided {
  changes: Changes;
  merge: StoredMerge;
}

export function mergeDeciders({ database, model }: PageParts) {
  async function readPair(winnerId: string, loserId: string) {
    const items = await readWholeItems(database, [winnerId, loserId]);
    const [winner, loser] = [items.get(winnerId), items.get(loserId)];
    if (!winner || !loser) throw new AppError('not_found', `There is no item "${winner ? loserId : winnerId}".`);
    return { winner, loser };
  }

  async function readActive(ids: readonly string[]): Promise<RelationState[]> {
    const relations = await readRelations(
      database,
      sql`state = 'active' and (from_id = any(${ids}::uuid[]) or to_id = any(${ids}::uuid[])) limit ${mostRelations + 1}::int`,
    );
    if (relations.length > mostRelations)
      throw new AppError('illegal_state', `They are in more than ${mostRelations} relations: too many to be moved at once.`);
    return relations;
  }

  /** Ends some relations and lets others begin, or begin again. */
  async function replace(ending: readonly RelationState[], beginning: readonly RelationRow[], call: Call) {
    const known = await readRelationsBetween(database, beginning);
    const ended = ending.flatMap((relation) => unrelate(relation, call.now) ?? []);
    const begun = new Map<string, RelationState>();
    const relocated = beginning.map(({ id, ...ends }) => {
      const before = begun.get(identify(ends)) ?? known.get(identify(ends));
      const after = relate(before, { ...ends, id: call.newId(), source: ending.find((one) => one.id === id)?.source ?? 'manual' }, call.now);
      if (after) begun.set(identify(ends), after);
      return { from: id, to: (after ?? before)?.id ?? id };
    });
    return { written: [...ended.filter(({ id }) => ![...begun.values()].some((one) => one.id === id)), ...begun.values()], relocated };
  }

  return {
    /** The loser goes into the winner: links, identifiers, relations; it stays, retired, with its history. */
    async merge(winnerId: string, loserId: string, reason: string | undefined, call: Call): Promise<Decided> {
      if (winnerId === loserId)
        throw new AppError('invalid_input', 'An item cannot go into itself.', {
          violations: [{ pointer: '/loserId', message: 'must be another item' }],
        });
      const compiled = await model();
      const { winner, loser } = await readPair(winnerId, loserId);
      for (const { before } of [winner, loser])
        if (before?.mergedInto) throw new AppError('illegal_state', `"${before.name}" went into ${before.mergedInto} already.`);
      const relations = await readActive([winnerId, loserId]);
      const rules = rulesOf(compiled, winner);
      const result = mergeItems(toMerge(winner, relations), toMerge(loser, relations), rules, call.now);
      const set = beginChangeSet(call, {
        kind: 'merge',
        title: `${loser.facts.name} → ${winner.facts.name}`,
        ...(reason !== undefined && { reason }),
      });
      const author = { ...authorOf(call, reason), changeSetId: set.id };

      take(winner, result.winner);
      loser.facts = { ...loser.facts, state: 'retired', mergedInto: winnerId };
      const links = [...loser.links.values()].map((link): Link => ({ ...link, itemId: winnerId }));
      for (const whole of [winner, loser]) whole.isTouched = true;
      const corrected = writeCorrections(
        { author, model: compiled },
        [winner, loser].flatMap((whole) => toChange(whole, call.now) ?? []),
      );
      const ending = relations.filter(({ id }) => result.record.relations.some(({ relation }) => relation.id === id));
      const { written, relocated } = await replace(ending, result.moves.relations, call);
      const united = result.record.relations.flatMap(({ relation, fate }) => {
        const twin = fate === 'united' && relations.find((one) => identify(one) === identify(moveEnds(relation, loserId, winnerId)));
        return twin ? [{ from: relation.id, to: twin.id }] : [];
      });
      const merge: StoredMerge = { id: set.id, winnerId, loserId, record: result.record, relocated: [...relocated, ...united] };
      for (const link of links) winner.links.set(toLinkKey(link), link);
      const identifiers = await assignToItems(database, [winner, loser], nothingKnown);
      const counts = { items: 2, relations: written.length };
      return {
        merge,
        changes: {
          statements: [
            insertChangeSet({ ...set, status: 'done', counts }),
            insertMerge(merge, call.now),
            ...corrected.statements,
            ...writeLinks(links, []),
            ...identifiers,
            ...writeRelations(written, author, [winnerId, loserId]),
            ...relocateLinks(merge.relocated),
            ...rehostDependents(loserId, winnerId, dependentsOf(relations, loserId)),
          ],
          events: [...corrected.events, ...written.map(announceRelation)],
        },
      };
    },

    /** Takes a merge back. */
    async undo(id: string, reason: string | undefined, call: Call): Promise<Decided> {
      const stored = await findMerge(database, id);
      if (!stored) throw new AppError('not_found', `There is no merge "${id}".`);
      if (stored.splitBy !== undefined) throw new AppError('illegal_state', `This merge was taken back already, by ${stored.splitBy}.`);
      const { winnerId, loserId, record, relocated } = stored;
      const { winner, loser } = await readPair(winnerId, loserId);
      if (loser.before?.mergedInto !== winnerId)
        throw new AppError('illegal_state', `"${loser.facts.name}" is no part of "${winner.facts.name}" any more.`);
      const relations = await readActive([winnerId]);
      const oldIds = new Map(relocated.map(({ from, to }) => [to, from]));
      const compiled = await model();
      const merged = toMerge(winner, relations);
      const renamed = { ...merged, relations: merged.relations.map((one) => ({ ...one, id: oldIds.get(one.id) ?? one.id })) };
      const result = splitItem(renamed, record, rulesOf(compiled, winner), call.now);
      const set = beginChangeSet(call, {
        kind: 'split',
        title: `${winner.facts.name} → ${loser.facts.name}`,
        reverts: id,
        ...(reason !== undefined && { reason }),
      });
      const author = { ...authorOf(call, reason), changeSetId: set.id };

      take(winner, result.winner);
      take(loser, result.loser);
      loser.facts = { ...loser.facts, mergedInto: undefined };
      const back = new Set(record.loser.said.map(({ source, key }) => `${source} ${key}`));
      const links = [...winner.links.values()]
        .filter(({ source, key }) => back.has(`${source} ${key}`))
        .map((link): Link => ({ ...link, itemId: loserId }));
      for (const whole of [winner, loser]) whole.isTouched = true;
      const corrected = writeCorrections(
        { author, model: compiled },
        [winner, loser].flatMap((whole) => toChange(whole, call.now) ?? []),
      );
      const moved = relocated.filter(({ from }) => record.relations.some(({ relation, fate }) => relation.id === from && fate === 'moved'));
      const ending = relations.filter((one) => moved.some(({ to }) => to === one.id));
      const { written, relocated: returned } = await replace(ending, result.loser.relations, call);
      for (const link of links) {
        winner.links.delete(toLinkKey(link));
        loser.links.set(toLinkKey(link), link);
      }
      const identifiers = await assignToItems(database, [winner, loser], nothingKnown);
      return {
        merge: { ...stored, splitBy: set.id },
        changes: {
          statements: [
            insertChangeSet({ ...set, status: 'done', counts: { items: 2, relations: written.length } }),
            markSplit(id, set.id),
            ...corrected.statements,
            ...writeLinks(links, []),
            ...identifiers,
            ...writeRelations(written, author, [winnerId, loserId]),
            ...relocateLinks(moved.flatMap(({ from, to }) => returned.filter((one) => one.from === from).map((one) => ({ from: to, to: one.to })))),
            ...rehostDependents(winnerId, loserId, dependentsOf(result.loser.relations, loserId)),
          ],
          events: [...corrected.events, ...written.map(announceRelation)],
        },
      };
    },
  };
}

function rulesOf(model: CompiledModel, { facts }: WholeItem): MergeRules {
  return { attributes: model.classes.get(facts.class)?.attributes ?? new Map(), isA: model.isA };
}

function toMerge({ id, facts, links }: WholeItem, relations: readonly RelationState[]): WholeToMerge {
  return {
    id,
    class: facts.class,
    retired: facts.state === 'retired',
    fields: toFields({ attributes: facts.attributes, name: facts.name }),
    lookups: facts.lookups,
    provenance: facts.provenance,
    said: [...links.values()].filter(speaks).map(toSaid),
    relations: relations
      .filter(({ fromId, toId }) => fromId === id || toId === id)
      .map(({ id: own, type, fromId, toId }) => ({ id: own, type, fromId, toId })),
  };
}

function take(whole: WholeItem, { class: itemClass, retired, fields: { name, ...attributes }, lookups, provenance }: WholeToMerge): void {
  whole.facts = {
    ...whole.facts,
    class: itemClass,
    name: typeof name === 'string' ? name : whole.facts.name,
    attributes,
    lookups,
    provenance,
    state: retired ? 'retired' : 'active',
  };
}

function moveEnds({ type, fromId, toId }: RelationRow, from: string, to: string) {
  return { type, fromId: fromId === from ? to : fromId, toId: toId === from ? to : toId };
}

/** Those that may be told by their name on it. */
function dependentsOf(relations: readonly RelationRow[], hostId: string): string[] {
  return relations.filter(({ toId }) => toId === hostId).map(({ fromId }) => fromId);
}
