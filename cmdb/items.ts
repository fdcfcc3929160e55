import { AppError, type FieldViolation, isAppError } from '../platform/errors/app-error.ts';
import { type Statement, sql } from '../platform/postgres/sql.ts';
import type { Call } from '../platform/rpc/call.ts';
import { authorOf } from './author.ts';
import { type Attributes, readAttributes, toCanonicalText } from './domain/attributes.ts';
import { manual } from './domain/identify/authority.ts';
import { listIdentifiers } from './domain/identify/list-identifiers.ts';
import {
  applyPatch,
  authoriseItem,
  type ItemFacts,
  type ItemPatch,
  type ItemRecord,
  type ItemState,
  readRecords,
  reviseItem,
} from './domain/item.ts';
import { tidyLookups } from './domain/lookup.ts';
import { checkItem } from './domain/model/check-item.ts';
import { isEmpty } from './domain/model/check-value.ts';
import { judgeByModel, type Models } from './model/models.ts';
import { keepMasked, maskViolations } from './rights/mask.ts';
import { type ItemRights, refuseMasked, requireBecoming, requireChange, rightsReader, type Sight } from './rights/rights.ts';
import { writeWholeItems } from './sources/end-links.ts';
import { recordGatherer } from './sources/gather-records.ts';
import type { Link } from './sources/link.ts';
import { readLinks, writeLinks } from './sources/link-store.ts';
import { refuseTakenIdentifiers, sayAsPerson } from './sources/person-word.ts';
import { type RecordOutcome, readInput } from './sources/source-page.ts';
import type { PageParts, pageTaker } from './sources/take-page.ts';
import { beginItem, fillPresets, readWholeItems, speakOf, toChange, type WholeItem } from './sources/whole-items.ts';
import { readItems } from './storage/item-store.ts';
import { writeCorrections } from './write-changes.ts';

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
  outcome: 'created' | 'updated' | 'unchanged' | 'duplicate_suspected' | 'class_change_proposed';
  version: number;
}

export interface ItemParts extends PageParts {
  models: Pick<Models, 'current' | 'newest'>;
  takePage: ReturnType<typeof pageTaker>;
}

export function itemUseCases({ database, model, models, takePage }: ItemParts) {
  const takeRecords = recordGatherer({ database, model, takePage });
  const rightsFor = rightsReader(model);

  async function find(id: string, sight: Sight): Promise<ItemState> {
    const [item] = await readItems(database, sql`id = ${id} and ${sight.items()}`);
    if (!item) throw new AppError('not_found', `There is no item "${id}".`);
    return item;
  }

  async function revise<Answer>(
    { id, expectedVersion }: { id: string; expectedVersion: number },
    toFacts: (before: ItemState, rights: ItemRights) => Promise<ItemFacts>,
    call: Call,
    answer: (item: ItemState) => Answer,
    reason?: string,
  ): Promise<Answer> {
    const whole = (await readWholeItems(database, [id])).get(id);
    const before = whole?.before;
    const rights = await rightsFor(call);
    requireChange(rights, id, before);
    if (!before) throw new AppError('not_found', `There is no item "${id}".`);
    refuseOther(before, expectedVersion);
    refuseMerged(before);
    const facts = await toFacts(before, rights);
    if (!reviseItem(before, facts, call.now)) return call.commit({}, answer(before));
    const word = sayAsPerson(whole, facts, await model(), call.now);
    return commitWord(whole, word, call, answer, reason);
  }

  async function commitWord<Answer>(
    whole: WholeItem,
    word: Link | undefined,
    call: Call,
    answer: (item: ItemState) => Answer,
    reason: string | undefined,
    beside: (item: ItemState) => Promise<Statement[]> = async () => [],
  ): Promise<Answer> {
    const [compiled, rights] = [await model(), await rightsFor(call)];
    const wanted = toChange(whole, call.now)?.after ?? whole.before;
    if (!wanted) throw new Error('An item that is neither there nor new cannot be written.');
    requireBecoming(rights, wanted);
    if (whole.facts.state === 'active') await refuseTakenIdentifiers(database, whole, compiled, rights);
    const context = { database, model: compiled, source: 'manual', author: authorOf(call, reason), now: call.now, newId: () => call.newId() };
    const { statements, events, changes } = await writeWholeItems(context, [whole]);
    const after = changes[0]?.after ?? wanted;
    const words = writeLinks(word ? [word] : [], []);
    return call.commit({ statements: [...statements, ...words, ...(await beside(after))], events }, answer(after));
  }

  return {
    find,

    /** `beside`: what the same commit writes of other things when the item comes. */
    async create<Answer>(
      wanted: NewItem,
      call: Call,
      answer: (item: ItemState) => Answer,
      beside?: (item: ItemState) => Promise<Statement[]>,
    ): Promise<Answer> {
      const id = call.newId();
      const { source = 'manual', key = id } = wanted;
      const given = wanted.attributes === undefined ? {} : readAttributes(wanted.attributes, '/attributes');
      const rights = await rightsFor(call);
      refuseMasked(rights, given);
      requireOwnName(rights, source);
      const judged = await judgeByModel(models, (judge) => checkItem(judge, { class: wanted.class, attributes: given }));
      refuse(judged.violations, `This is no ${wanted.class} as the model has it.`);
      // What the class presets is nobody's word.
      const attributes = Object.fromEntries(
        Object.entries(judged.attributes).filter(([name]) => Object.hasOwn(given, name) && !isEmpty(given[name])),
      );
      const lookups = tidyLookups(wanted.lookups);
      const { hash } = readInput({ key, class: wanted.class, name: wanted.name, attributes: toCanonicalText(attributes), lookups }, '/attributes');
      const compiled = await model();
      const itemClass = compiled.classes.get(wanted.class);
      const listed = itemClass ? listIdentifiers({ name: wanted.name, attributes, lookups }, itemClass, { hostOf: () => undefined }).identifiers : [];
      const identifiers = listed.map(({ scheme, value }) => ({ scheme, value }));
      const said = { class: wanted.class, name: wanted.name, attributes, lookups, identifiers };
      const link: Link = { source, key, itemId: id, hash, said, contested: false, saidAt: call.now, revision: 0 };
      const whole = beginItem(id, link, wanted.class, wanted.name);
      speakOf(whole, link, compiled, call.now);
      fillPresets(whole, compiled);
      whole.isTouched = true;
      try {
        return await commitWord(whole, link, call, answer, wanted.reason, beside);
      } catch (error) {
        const [twin] = isAppError(error, 'conflict') ? await readLinks(database, sql`l.source = ${source} and l.key = ${key}`) : [];
        if (!twin) throw error;
        const [known] = await readItems(database, sql`id = ${twin.itemId} and ${rights.sight.items()}`);
        if (!known) throw new AppError('conflict', `"${key}" of "${source}" is there already.`, { cause: error });
        throw new AppError('conflict', `"${key}" of "${source}" is there already: it is item ${twin.itemId}.`, { cause: error });
      }
    },

    update<Answer>(
      target: { id: string; expectedVersion: number },
      patch: ItemPatch,
      call: Call,
      answer: (item: ItemState) => Answer,
      reason?: string,
    ): Promise<Answer> {
      const toFacts = async (before: ItemState, rights: ItemRights) => {
        if (patch.attributes !== undefined) refuseMasked(rights, readAttributes(patch.attributes, '/attributes'));
        const { facts, violations } = await judgeByModel(models, (judge) => applyPatch(before, patch, judge));
        refuse(maskViolations(violations, rights.masked), `"${before.name}" cannot become so.`);
        return facts;
      };
      return revise(target, toFacts, call, answer, reason);
    },

    retire<Answer>(
      target: { id: string; expectedVersion: number },
      call: Call,
      answer: (item: ItemState) => Answer,
      reason?: string,
    ): Promise<Answer> {
      return revise(target, async () => ({ state: 'retired' }), call, answer, reason);
    },

    /** Approves afterwards of what was changed without an approved change. */
    async authorise<Answer>(
      { id, expectedVersion }: { id: string; expectedVersion: number },
      reason: string,
      call: Call,
      answer: (item: ItemState) => Answer,
    ): Promise<Answer> {
      const [before] = await readItems(database, sql`id = ${id}`);
      requireChange(await rightsFor(call), id, before);
      if (!before) throw new AppError('not_found', `There is no item "${id}".`);
      refuseOther(before, expectedVersion);
      if (before.unauthorisedSince === undefined) throw new AppError('illegal_state', `Nothing of "${before.name}" waits for an approval.`);
      const after = authoriseItem(before, call.now);
      return call.commit(writeCorrections({ author: authorOf(call, reason), model: await model() }, [{ before, after }]), answer(after));
    },

    /** Makes an item what it was before, as its next version; attributes whose values the caller may not see stay as they are. */
    restore<Answer>(
      target: { id: string; expectedVersion: number },
      facts: ItemFacts & { attributes: Attributes },
      call: Call,
      answer: (item: ItemState) => Answer,
      reason?: string,
    ): Promise<Answer> {
      const toFacts = async (before: ItemState, { masked }: ItemRights) => ({
        ...facts,
        attributes: keepMasked(before.attributes, facts.attributes, masked),
      });
      return revise(target, toFacts, call, answer, reason);
    },

    /** Takes in what a source says of its items: what was not known, is new; what is the same, is not written. */
    async upsert<Answer>(
      { source, reason }: { source: string; reason?: string },
      records: readonly ItemRecord[],
      call: Call,
      answer: (outcomes: Outcome[]) => Answer,
    ): Promise<Answer> {
      const { violations } = await judgeByModel(models, (judge) => readRecords(records, judge));
      refuse(violations, 'Some records cannot be taken in; none of them was.');
      return takeRecords({ source, items: records, ...(reason !== undefined && { reason }) }, call, (outcomes) => answer(outcomes.map(toOutcome)));
    },
  };
}

function refuseOther({ name, version }: ItemState, expected: number): void {
  if (expected === 0 || version === expected) return;
  throw new AppError('conflict', `"${name}" was changed meanwhile: it is at version ${version}, not ${expected}. Read it again.`);
}

/** What went into another item comes back only when the merge is taken back: each of both has then again what is its own. */
function refuseMerged({ name, mergedInto }: ItemState): void {
  if (mergedInto === undefined) return;
  throw new AppError('illegal_state', `"${name}" went into item ${mergedInto}: change that one, or take the merge back first.`);
}

/** What is said in the name of a source may become of any item. */
function requireOwnName({ changesAll }: ItemRights, source: string): void {
  if (changesAll || source === manual) return;
  const violations = [{ pointer: '/source', message: 'must be left out: only whose cmdb.write is for all items speaks for a source' }];
  throw new AppError('not_allowed', `You may not speak for "${source}".`, { violations });
}

export function toOutcome({ id = '', version = 0, outcome }: RecordOutcome): Outcome {
  if (outcome === 'rejected' || outcome === 'waiting') throw new Error('A record that was checked before was not taken in.');
  return { id, version, outcome };
}

export function refuse(violations: readonly FieldViolation[], message: string): void {
  if (violations.length > 0) throw new AppError('invalid_input', message, { violations: violations.slice(0, 100) });
}
