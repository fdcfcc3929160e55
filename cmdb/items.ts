import { AppError, type FieldViolation, isAppError } from '../platform/errors/app-error.ts';
import type { Database } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';
import type { Call } from '../platform/rpc/call.ts';
import { announceItem } from './announce.ts';
import { authorOf } from './author.ts';
import { readAttributes } from './domain/attributes.ts';
import { applyPatch, type ItemFacts, type ItemPatch, type ItemRecord, type ItemState, newItem, readRecords, reviseItem } from './domain/item.ts';
import { tidyLookups } from './domain/lookup.ts';
import { checkItem } from './domain/model/check-item.ts';
import { judgeByModel, type Models } from './model/models.ts';
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
}

export interface Outcome {
  id: string;
  outcome: 'created' | 'updated' | 'unchanged';
  version: number;
}

export function itemUseCases(database: Database, models: Pick<Models, 'current' | 'newest'>) {
  const turns = takeTurns();

  async function find(id: string): Promise<ItemState> {
    const [item] = await readItems(database, sql`id = ${id}`);
    if (!item) throw new AppError('not_found', `There is no item "${id}".`);
    return item;
  }

  async function revise<Answer>(
    { id, expectedVersion }: { id: string; expectedVersion: number },
    toFacts: (before: ItemState) => Promise<ItemFacts>,
    call: Call,
    answer: (item: ItemState) => Answer,
  ): Promise<Answer> {
    const before = await find(id);
    if (expectedVersion !== 0 && before.version !== expectedVersion) {
      throw new AppError(
        'conflict',
        `"${before.name}" was changed meanwhile: it is at version ${before.version}, not ${expectedVersion}. Read it again.`,
      );
    }
    const after = reviseItem(before, await toFacts(before), call.now);
    return after ? commitItems([{ before, after }], call, answer(after)) : call.commit({}, answer(before));
  }

  /** What new items get of their class whose source says nothing of attributes. */
  async function presetAttributes(records: readonly { key: string; class: string; at: string }[]): Promise<Map<string, ItemFacts>> {
    if (records.length === 0) return new Map();
    const judged = await judgeByModel(models, (model) => {
      const checks = records.map(({ key, at, class: name }) => ({ ...checkItem(model, { class: name, attributes: {} }, { at }), key }));
      return { checks, violations: checks.flatMap(({ violations }) => violations) };
    });
    refuse(judged.violations, 'Some items are new, and their source must tell what their class requires.');
    return new Map(judged.checks.map(({ key, attributes }) => [key, { attributes }]));
  }

  return {
    find,

    async create<Answer>(wanted: NewItem, call: Call, answer: (item: ItemState) => Answer): Promise<Answer> {
      const id = call.newId();
      const given = wanted.attributes === undefined ? {} : readAttributes(wanted.attributes, '/attributes');
      const { attributes, violations } = await judgeByModel(models, (model) => checkItem(model, { class: wanted.class, attributes: given }));
      refuse(violations, `This is no ${wanted.class} as the model has it.`);
      const facts = { class: wanted.class, name: wanted.name, attributes, lookups: tidyLookups(wanted.lookups) };
      const after = newItem({ id, source: wanted.source ?? 'manual', key: wanted.key ?? id }, facts, call.now);
      try {
        return await commitItems([{ after }], call, answer(after));
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
    ): Promise<Answer> {
      const toFacts = async (before: ItemState) => {
        const { facts, violations } = await judgeByModel(models, (model) => applyPatch(before, patch, model));
        refuse(violations, `"${before.name}" cannot become so.`);
        return facts;
      };
      return revise(target, toFacts, call, answer);
    },

    retire<Answer>(target: { id: string; expectedVersion: number }, call: Call, answer: (item: ItemState) => Answer): Promise<Answer> {
      return revise(target, async () => ({ state: 'retired' }), call, answer);
    },

    /** Takes in what a source says of its items: what was not known, is new; what is the same, is not written. */
    async upsert<Answer>(source: string, records: readonly ItemRecord[], call: Call, answer: (outcomes: Outcome[]) => Answer): Promise<Answer> {
      const { facts: wanted, violations } = await judgeByModel(models, (model) => readRecords(records, model));
      refuse(violations, 'Some records cannot be taken in; none of them was.');
      const keys = wanted.map(({ key }) => `${source} ${key}`);
      const decide = async () => {
        const known = await readItemsOfSource(
          database,
          source,
          wanted.map(({ key }) => key),
        );
        const silent = wanted
          .map((facts, index) => ({ ...facts, at: `/items/${index}` }))
          .filter(({ key, attributes }) => !attributes && !known.has(key));
        const presets = await presetAttributes(silent);
        const changes: ItemChange[] = [];
        const outcomes = wanted.map(({ key, ...said }): Outcome => {
          const before = known.get(key);
          const facts = { ...presets.get(key), ...said };
          const after = before ? reviseItem(before, facts, call.now) : newItem({ id: call.newId(), source, key }, facts, call.now);
          if (after) changes.push({ after, ...(before && { before }) });
          const { id, version } = after ?? before ?? { id: '', version: 0 };
          return { id, version, outcome: after ? (before ? 'updated' : 'created') : 'unchanged' };
        });
        return commitItems(changes, call, answer(outcomes));
      };
      return turns(keys, () => retryLostRace(call, decide));
    },
  };
}

function commitItems<Answer>(changes: readonly ItemChange[], call: Call, answer: Answer): Promise<Answer> {
  return call.commit({ statements: writeItems(changes, authorOf(call)), events: changes.map(announceItem) }, answer);
}

function refuse(violations: readonly FieldViolation[], message: string): void {
  if (violations.length > 0) throw new AppError('invalid_input', message, { violations: violations.slice(0, 100) });
}
