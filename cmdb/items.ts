import { AppError, isAppError } from '../platform/errors/app-error.ts';
import type { Database } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';
import type { Call } from '../platform/rpc/call.ts';
import { announceItem } from './announce.ts';
import { authorOf } from './author.ts';
import { readAttributes } from './domain/attributes.ts';
import {
  applyPatch,
  checkClass,
  type ItemFacts,
  type ItemPatch,
  type ItemRecord,
  type ItemState,
  newItem,
  readRecords,
  reviseItem,
} from './domain/item.ts';
import { tidyLookups } from './domain/lookup.ts';
import { retryLostRace } from './retry-lost-race.ts';
import { type ItemChange, readItems, readItemsOfSource, writeItems } from './storage/item-store.ts';
import { takeTurns } from './take-turns.ts';

/** What a person enters; the rest is decided here. */
export interface NewItem {
  class: string;
  name: string;
  attributes?: string;
  lookups: readonly string[];
  source?: string;
  key?: string;
  reason?: string;
}

export interface Outcome {
  id: string;
  outcome: 'created' | 'updated' | 'unchanged';
  version: number;
}

export function itemUseCases(database: Database) {
  const turns = takeTurns();

  async function find(id: string): Promise<ItemState> {
    const [item] = await readItems(database, sql`id = ${id}`);
    if (!item) throw new AppError('not_found', `There is no item "${id}".`);
    return item;
  }

  async function revise<Answer>(
    { id, expectedVersion }: { id: string; expectedVersion: number },
    toFacts: (before: ItemState) => ItemFacts,
    call: Call,
    answer: (item: ItemState) => Answer,
    reason?: string,
  ): Promise<Answer> {
    const before = await find(id);
    if (expectedVersion !== 0 && before.version !== expectedVersion) {
      throw new AppError(
        'conflict',
        `"${before.name}" was changed meanwhile: it is at version ${before.version}, not ${expectedVersion}. Read it again.`,
      );
    }
    const after = reviseItem(before, toFacts(before), call.now);
    return after ? commitItems([{ before, after }], call, answer(after), reason) : call.commit({}, answer(before));
  }

  return {
    find,

    async create<Answer>(wanted: NewItem, call: Call, answer: (item: ItemState) => Answer): Promise<Answer> {
      refuseUnknownClass(wanted.class);
      const id = call.newId();
      const facts = {
        class: wanted.class,
        name: wanted.name,
        ...(wanted.attributes !== undefined && { attributes: readAttributes(wanted.attributes, '/attributes') }),
        lookups: tidyLookups(wanted.lookups),
      };
      const after = newItem({ id, source: wanted.source ?? 'manual', key: wanted.key ?? id }, facts, call.now);
      try {
        return await commitItems([{ after }], call, answer(after), wanted.reason);
      } catch (error) {
        const twin = isAppError(error, 'conflict') && (await readItemsOfSource(database, after.source, [after.key])).get(after.key);
        if (!twin) throw error;
        throw new AppError('conflict', `"${after.key}" of "${after.source}" is there already: it is item ${twin.id}.`, { cause: error });
      }
    },

    update<Answer>(
      target: { id: string; expectedVersion: number },
      patch: ItemPatch,
      call: Call,
      answer: (item: ItemState) => Answer,
      reason?: string,
    ): Promise<Answer> {
      if (patch.class !== undefined) refuseUnknownClass(patch.class);
      return revise(target, (before) => applyPatch(before, patch), call, answer, reason);
    },

    retire<Answer>(
      target: { id: string; expectedVersion: number },
      call: Call,
      answer: (item: ItemState) => Answer,
      reason?: string,
    ): Promise<Answer> {
      return revise(target, () => ({ state: 'retired' }), call, answer, reason);
    },

    /** Makes an item what it was before, as its next version. */
    restore<Answer>(
      target: { id: string; expectedVersion: number },
      facts: ItemFacts,
      call: Call,
      answer: (item: ItemState) => Answer,
      reason?: string,
    ): Promise<Answer> {
      return revise(target, () => facts, call, answer, reason);
    },

    /** Takes in what a source says of its items: what was not known, is new; what is the same, is not written. */
    upsert<Answer>(
      { source, reason }: { source: string; reason?: string },
      records: readonly ItemRecord[],
      call: Call,
      answer: (outcomes: Outcome[]) => Answer,
    ): Promise<Answer> {
      const wanted = readRecords(records);
      const keys = wanted.map(({ key }) => `${source} ${key}`);
      const decide = async () => {
        const known = await readItemsOfSource(
          database,
          source,
          wanted.map(({ key }) => key),
        );
        const changes: ItemChange[] = [];
        const outcomes = wanted.map(({ key, ...facts }): Outcome => {
          const before = known.get(key);
          const after = before ? reviseItem(before, facts, call.now) : newItem({ id: call.newId(), source, key }, facts, call.now);
          if (after) changes.push({ after, ...(before && { before }) });
          const { id, version } = after ?? before ?? { id: '', version: 0 };
          return { id, version, outcome: after ? (before ? 'updated' : 'created') : 'unchanged' };
        });
        return commitItems(changes, call, answer(outcomes), reason);
      };
      return turns(keys, () => retryLostRace(call, decide));
    },
  };
}

function commitItems<Answer>(changes: readonly ItemChange[], call: Call, answer: Answer, reason?: string): Promise<Answer> {
  return call.commit({ statements: writeItems(changes, authorOf(call, reason)), events: changes.map(announceItem) }, answer);
}

function refuseUnknownClass(name: string): void {
  const violations = checkClass(name, '/class');
  if (violations.length > 0) throw new AppError('invalid_input', `"${name}" is no class of configuration items.`, { violations });
}
