import type { NewEvent } from '../../platform/bus/event.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { Statement } from '../../platform/postgres/sql.ts';
import { diffItems, type FieldDifference } from '../domain/history/diff-items.ts';
import { toIdentifierKey } from '../domain/identify/list-identifiers.ts';
import { applyPatch, reviseItem } from '../domain/item.ts';
import type { PageContext } from '../sources/decide-items.ts';
import { writeWholeItems } from '../sources/end-links.ts';
import type { Link } from '../sources/link.ts';
import { writeLinks } from '../sources/link-store.ts';
import { findTakenIdentifiers, nameIdentifier, sayAsPerson } from '../sources/person-word.ts';
import { readWholeItems, type WholeFacts, type WholeItem } from '../sources/whole-items.ts';
import { decideRelationEdits } from './decide-relation-edits.ts';
import { claimedTwice, type Edit, type EditDecision, notThere, refuseFor, takenBy, wentInto } from './edit.ts';

export interface DecidedEdits {
  /** One for each edit, in their order. */
  decisions: EditDecision[];
  statements: Statement[];
  events: NewEvent[];
}

interface Tried {
  whole: WholeItem;
  before: WholeFacts;
  word?: Link;
  isChanged: boolean;
}

/**
 * Decides what becomes of items when a person asks for a change of each: the same word, checks and authority as where one changes a single item. However many
 * they are, it takes as many queries. `findClaimed` gives those of some identifiers (by `toIdentifierKey`) that other items of the same edit are to have.
 */
export async function decideEdits(
  context: PageContext,
  edits: readonly Edit[],
  findClaimed: (keys: readonly string[]) => Promise<readonly string[]> = async () => [],
): Promise<DecidedEdits> {
  const { database, model, keptIn } = context;
  const wholes = await readWholeItems(database, [...new Set(edits.map(({ itemId }) => itemId))]);
  const tried = new Map<string, Tried | Pick<EditDecision, 'reasons'>>();
  for (const edit of edits) tried.set(edit.itemId, tryEdit(wholes.get(edit.itemId), edit, context));

  const able = [...tried.values()].filter((one) => 'whole' in one);
  const taken = await findTakenIdentifiers(
    database,
    able.filter(({ isChanged, whole }) => isChanged && whole.facts.state === 'active').map(({ whole }) => whole),
    model,
  );
  const claimed = new Set(await findClaimed([...taken.values()].flatMap(({ wanted }) => wanted.map(toIdentifierKey))));
  const refused = new Map<string, EditDecision['reasons']>();
  const claims = new Map<string, string[]>();
  for (const { whole } of able) {
    const { wanted = [], holder } = taken.get(whole.id) ?? {};
    const keys = wanted.map(toIdentifierKey);
    const twice = wanted.find((one) => claimed.has(toIdentifierKey(one)));
    if (holder) refused.set(whole.id, [takenBy(holder.what, holder)]);
    else if (twice) refused.set(whole.id, [claimedTwice(nameIdentifier(twice, model))]);
    else {
      for (const key of keys) claimed.add(key);
      if (keys.length > 0) claims.set(whole.id, keys);
    }
  }
  const relations = await decideRelationEdits(
    context,
    edits.filter(({ itemId }) => !refused.has(itemId) && 'whole' in (tried.get(itemId) ?? {})),
    wholes,
  );
  for (const [id, reasons] of relations.refused) refused.set(id, reasons);

  const decisions = edits.map(({ itemId }): EditDecision => {
    const one = tried.get(itemId);
    const version = wholes.get(itemId)?.before?.version ?? 0;
    const nothing = { itemId, version, differences: [], reasons: [], claims: [] };
    if (!one || !('whole' in one)) return { ...nothing, outcome: 'refused', reasons: one?.reasons ?? [notThere] };
    const reasons = refused.get(itemId);
    if (reasons) return { ...nothing, outcome: 'refused', reasons };
    const differences = [...diffItems(one.before, one.whole.facts), ...(relations.differences.get(itemId) ?? [])];
    return { ...nothing, outcome: differences.length > 0 ? 'changed' : 'unchanged', differences, claims: claims.get(itemId) ?? [] };
  });
  const written = able.filter(({ whole, isChanged }) => isChanged && !refused.has(whole.id));
  const items = await writeWholeItems(
    context,
    written.map(({ whole }) => whole),
  );
  const words = written.flatMap(({ word }) => word ?? []);
  const held = written.map(({ whole }) => whole.id);
  const related = await relations.write(refused, held);
  return {
    decisions,
    statements: [...items.statements, ...writeLinks(words, [], keptIn), ...related.statements],
    events: [...items.events, ...related.events],
  };
}

function tryEdit(whole: WholeItem | undefined, { patch, state }: Edit, { model, now }: PageContext): Tried | Pick<EditDecision, 'reasons'> {
  const item = whole?.before;
  if (!whole || !item) return { reasons: [notThere] };
  if (item.mergedInto !== undefined) return { reasons: [wentInto(item.mergedInto)] };
  const before = whole.facts;
  const { facts: patched, violations } = applyPatch(item, patch, model);
  if (violations.length > 0) return { reasons: refuseFor('does_not_fit', violations) };
  const facts = state === undefined ? patched : { ...patched, state };
  if (!reviseItem(item, facts, now)) return { whole, before, isChanged: false };
  try {
    const word = sayAsPerson(whole, facts, model, now);
    return { whole, before, isChanged: true, ...(word && { word }) };
  } catch (error) {
    if (!isAppError(error, 'invalid_input')) throw error;
    return { reasons: refuseFor('other_source', error.violations) };
  }
}

/** Differences as they are kept and told. */
export function toTexts(differences: readonly FieldDifference[], toText: (value: unknown) => string) {
  return differences.map(({ field, before, after }) => ({
    field,
    ...(before !== undefined && { before: toText(before) }),
    ...(after !== undefined && { after: toText(after) }),
  }));
}
