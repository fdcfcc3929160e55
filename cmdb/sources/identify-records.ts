import { explain, type Reason } from '../domain/identify/explain.ts';
import { explainReconciliation } from '../domain/identify/explain-reconciliation.ts';
import { findHost } from '../domain/identify/found.ts';
import { type IdentifiedRecord, identifyPage } from '../domain/identify/identify-page.ts';
import { type Identifier, listIdentifiers } from '../domain/identify/list-identifiers.ts';
import type { IdentifyOutcome } from '../domain/identify/outcome.ts';
import type { Reconciliation } from '../domain/identify/reconcile.ts';
import type { PageContext } from './decide-items.ts';
import type { Duplicate } from './duplicate-store.ts';
import { addToSaid, type FittedRecord, type PageFound } from './find-for-page.ts';
import { type Link, type SaidRecord, speaks } from './link.ts';
import { labelAttributes, nameThings } from './name-things.ts';
import type { ItemInput, RecordOutcome } from './source-page.ts';
import { beginItem, fillPresets, silence, speakOf, toLinkKey } from './whole-items.ts';

export interface IdentifiedPage {
  /** By key. */
  outcomes: Map<string, RecordOutcome>;
  links: Link[];
  forgotten: Link[];
  questions: Duplicate[];
  /** To be decided when the snapshot has named everything. */
  postponed: ItemInput[];
  /** To be decided again at once: their keys had to leave an item. */
  again: ItemInput[];
  /** What the words of a record changed of its item, and what of them was kept back; by key. */
  reconciled: Map<string, Reconciliation>;
}

/** Identifies the records of a page and lets each say its word on its item. */
export function identifyRecords(context: PageContext, { fitted, found, items, links }: PageFound): IdentifiedPage {
  const { source, model, now, newId } = context;
  const page: IdentifiedPage = { outcomes: new Map(), links: [], forgotten: [], questions: [], postponed: [], again: [], reconciled: new Map() };
  const byRecord = new Map(fitted.map((one) => [one.record, one]));
  const words = nameThings(model, items);
  const isSnapshot = context.runId !== undefined && !context.isComplete;
  const identified = identifyPage(
    fitted.map(({ record }) => record),
    model,
    found,
    newId,
    { isSnapshot },
  );
  for (const { outcome } of identified) if ('displaces' in outcome && outcome.displaces !== undefined) displace(outcome.displaces);
  for (const one of identified) {
    const own = byRecord.get(one.record as FittedRecord['record']);
    if (own) take(one, own);
  }
  return page;

  function take({ outcome, itemId }: IdentifiedRecord, own: FittedRecord): void {
    const { record, read } = own;
    const before = links.get(read.key);
    const tell = (fate: RecordOutcome['outcome'], id?: string, more: RecordOutcome['reasons'] = []): void => {
      const reasons = isPlain(fate, outcome) ? own.reasons : [...explain(outcome, record, words), ...own.reasons, ...more];
      page.outcomes.set(read.key, { key: read.key, outcome: fate, ...(id !== undefined && { id }), reasons });
    };
    if (outcome.kind === 'duplicate_suspected') page.questions.push(ask(outcome, own));
    // A source knows its things by their keys; only one that names a host which is not known yet has to come again.
    const isByKeyAlone = outcome.kind === 'rejected' && outcome.reason === 'host_missing';
    const target = isByKeyAlone ? newId() : itemId;
    if (target === undefined) {
      if (outcome.kind === 'postponed') page.postponed.push(toInput(own));
      const suspect = outcome.kind === 'duplicate_suspected' ? outcome.items[0]?.itemId : before?.itemId;
      tell(outcome.kind === 'duplicate_suspected' ? 'duplicate_suspected' : outcome.kind === 'postponed' ? 'waiting' : 'rejected', suspect);
      return;
    }
    if (read.name === '' && !items.has(target)) {
      page.outcomes.set(read.key, { key: read.key, outcome: 'rejected', reasons: [...own.reasons, nameless] });
      return;
    }
    if (before && before.itemId !== target) leave(before);
    const whole = items.get(target) ?? beginItem(target, { source, key: read.key }, read.class, read.name);
    items.set(target, whole);
    const replaced =
      'movesLink' in outcome && outcome.movesLink?.fromKey !== undefined ? replaceKey(target, outcome.movesLink.fromKey, read.key) : undefined;
    const spoken = read.isPartial && replaced ? addToFitted(own, replaced.said) : own;
    const fate = ('identifiers' in outcome && outcome.identifiers) || { claimed: [], shared: [] };
    const link: Link = {
      source,
      key: read.key,
      itemId: target,
      hash: read.hash,
      said: toSaidRecord(spoken, [...fate.claimed, ...fate.shared]),
      contested: outcome.kind === 'duplicate_suspected',
      saidAt: now,
      revision: before?.revision ?? 0,
      ...(before?.seq !== undefined && { seq: before.seq }),
      ...(before?.heardAt !== undefined && { heardAt: before.heardAt }),
      seen: true,
    };
    if ('specialises' in outcome && outcome.specialises !== undefined) whole.facts = { ...whole.facts, class: outcome.specialises };
    const result = speakOf(whole, link, model, now);
    page.reconciled.set(read.key, result);
    if (whole.before?.class !== whole.facts.class) fillPresets(whole, model);
    const recheckAt = firstRecheck(result);
    if (recheckAt !== undefined) link.recheckAt = recheckAt;
    if (before && isSameLink(before, link)) whole.links.set(toLinkKey(before), before);
    else {
      page.links.push(link);
      whole.isTouched = true;
    }
    const isRevived = whole.before?.state === 'retired';
    const isSpecialised = whole.before?.class !== whole.facts.class;
    const isQuestion = outcome.kind === 'duplicate_suspected' || outcome.kind === 'class_change_proposed';
    if (!whole.before && !isQuestion) {
      tell('created', target);
      return;
    }
    const reasons = explainReconciliation(result, labelAttributes(model, whole.facts.class), model.sensitive);
    if (isQuestion) tell(outcome.kind, target, reasons);
    else tell(result.changes.length > 0 || isRevived || isSpecialised ? 'updated' : 'unchanged', target, reasons);
  }

  /** The key does not stand for that item any more. */
  function leave(link: Link): void {
    const left = items.get(link.itemId);
    if (left?.links.has(toLinkKey(link))) silence(left, link, model, now);
  }

  /** Another record has the older right to an item: who has to leave it is decided again, at once or in this very page. */
  function displace(key: string): void {
    const link = links.get(key) ?? findStored(key);
    if (!link) return;
    leave(link);
    const inPage = identified.find(({ record }) => record.key === key);
    if (inPage?.itemId !== undefined) return;
    page.forgotten.push(link);
    if (!inPage) page.again.push(toInputAgain(link));
  }

  function findStored(key: string): Link | undefined {
    for (const whole of items.values()) {
      const link = whole.links.get(toLinkKey({ source, key }));
      if (link) return link;
    }
    return undefined;
  }

  function replaceKey(target: string, fromKey: string, byKey: string): Link | undefined {
    const whole = items.get(target);
    const replaced = whole?.links.get(toLinkKey({ source, key: fromKey }));
    if (!whole || !replaced) return undefined;
    // On this very page it speaks for itself, of another item.
    const own = identified.find(({ record }) => record.key === fromKey)?.itemId;
    if (own !== undefined && own !== target) return replaced;
    const moved: Link = { ...replaced, movedTo: byKey };
    page.links.push(moved);
    whole.links.set(toLinkKey(moved), moved);
    return replaced;
  }

  function ask(outcome: Extract<IdentifyOutcome, { kind: 'duplicate_suspected' }>, own: FittedRecord): Duplicate {
    const { read, record } = own;
    const itemClass = model.classes.get(read.class);
    const listed = itemClass ? listIdentifiers(record, itemClass, { hostOf: (type) => findHost(found, record.hosts?.[type]) }).identifiers : [];
    const suspects = [...new Set(outcome.items.map(({ itemId }) => itemId))].sort();
    return {
      id: newId(),
      status: 'open',
      source,
      key: read.key,
      hash: read.hash,
      said: toSaidRecord(own, listed),
      items: suspects,
      why: outcome.why,
      evidence: outcome.items,
      reasons: explain(outcome, record, words),
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
  }
}

const nameless: Reason = {
  code: 'name_missing',
  ru: 'Такой единицы ещё нет, а новой нужно наименование.',
  en: 'There is no such item yet, and a new one needs a name.',
};

/** A new key took the place of one that has said more. */
function addToFitted({ read, record, reasons }: FittedRecord, said: SaidRecord): FittedRecord {
  const attributes = Object.fromEntries([...Object.entries(said.attributes), ...Object.entries(record.attributes ?? {})]);
  return { read: addToSaid(read, said), record: { ...record, attributes }, reasons };
}

function toSaidRecord({ read, record }: FittedRecord, identifiers: readonly Identifier[]): SaidRecord {
  return {
    class: read.class,
    ...(read.name !== '' && { name: read.name }),
    attributes: record.attributes ?? {},
    lookups: read.lookups,
    identifiers: identifiers.map(({ scheme, value }) => ({ scheme, value })),
  };
}

function toInput({ read: { hash: _, attributes, ...read } }: FittedRecord): ItemInput {
  return { ...read, ...(attributes && { attributes: JSON.stringify(attributes) }) };
}

function toInputAgain({ key, said }: Link): ItemInput {
  return { key, class: said.class, name: said.name ?? key, attributes: JSON.stringify(said.attributes), lookups: said.lookups };
}

/** A first load need not be told a million times that nothing was there. */
function isPlain(fate: RecordOutcome['outcome'], outcome: IdentifyOutcome): boolean {
  return fate === 'unchanged' || (outcome.kind === 'created' && outcome.because === 'nothing_found' && outcome.identifiers.shared.length === 0);
}

/** The first moment from which a value that was kept back may count. */
function firstRecheck({ kept }: Reconciliation): number | undefined {
  const moments = kept.flatMap(({ until }) => until ?? []);
  return moments.length > 0 ? Math.min(...moments) : undefined;
}

/** Whether writing it would change nothing but the time. */
function isSameLink(before: Link, after: Link): boolean {
  return (
    before.itemId === after.itemId &&
    before.hash.equals(after.hash) &&
    before.contested === after.contested &&
    before.recheckAt === after.recheckAt &&
    before.missingSince === undefined &&
    speaks(before)
  );
}
