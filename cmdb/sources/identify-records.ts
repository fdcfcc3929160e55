import { explain } from '../domain/identify/explain.ts';
import { explainReconciliation } from '../domain/identify/explain-reconciliation.ts';
import { type IdentifiedRecord, identifyPage } from '../domain/identify/identify-page.ts';
import type { IdentifyOutcome } from '../domain/identify/outcome.ts';
import type { Reconciliation } from '../domain/identify/reconcile.ts';
import type { PageContext } from './decide-items.ts';
import type { Duplicate } from './duplicate-store.ts';
import type { FittedRecord, PageFound } from './find-for-page.ts';
import { type Link, speaks } from './link.ts';
import { labelAttributes, nameThings } from './name-things.ts';
import type { RecordOutcome } from './source-page.ts';
import { beginItem, silence, speakOf, toLinkKey, type WholeItem } from './whole-items.ts';

export interface IdentifiedPage {
  /** By key. */
  outcomes: Map<string, RecordOutcome>;
  links: Link[];
  forgotten: Link[];
  questions: Duplicate[];
}

/** Identifies the records of a page and lets each say its word on its item. */
export function identifyRecords(context: PageContext, { fitted, found, items, links }: PageFound): IdentifiedPage {
  const { source, model, now, newId } = context;
  const page: IdentifiedPage = { outcomes: new Map(), links: [], forgotten: [], questions: [] };
  const byRecord = new Map(fitted.map((one) => [one.record, one]));
  const words = nameThings(model, items);
  const identified = identifyPage(
    fitted.map(({ record }) => record),
    model,
    found,
    newId,
  );
  const itemOfKey = new Map([...links].map(([key, { itemId }]) => [key, itemId]));

  // Those that only say their word, before those that move a key: what a key leaves must not be overwritten by what comes to it.
  for (const one of identified) {
    const own = byRecord.get(one.record as FittedRecord['record']);
    if (own) take(one, own);
  }
  return page;

  function take({ outcome, itemId }: IdentifiedRecord, own: FittedRecord): void {
    const { record, read } = own;
    const told = (fate: RecordOutcome['outcome'], id?: string, more: RecordOutcome['reasons'] = []): void => {
      const reasons = isPlain(fate, outcome) ? own.reasons : [...explain(outcome, record, words), ...own.reasons, ...more];
      page.outcomes.set(read.key, { key: read.key, outcome: fate, ...(id !== undefined && { id }), reasons });
    };
    // A source knows its things by their keys; only one that names a host which is not known yet has to come again.
    const isByKeyAlone = outcome.kind === 'rejected' && outcome.reason === 'host_missing';
    if (outcome.kind === 'rejected' && !isByKeyAlone) return told('rejected', links.get(read.key)?.itemId);
    if (outcome.kind === 'duplicate_suspected') addQuestion(ask(outcome, own));
    const target = isByKeyAlone ? newId() : itemId;
    if (target === undefined) return told('duplicate_suspected', outcome.kind === 'duplicate_suspected' ? outcome.items[0]?.itemId : undefined);

    moveKeys(outcome, own, target);
    const whole = items.get(target) ?? beginItem(target, { source, key: read.key }, read.class, read.name);
    items.set(target, whole);
    itemOfKey.set(read.key, target);
    const before = links.get(read.key);
    const said = { class: read.class, name: read.name, attributes: record.attributes ?? {}, lookups: read.lookups, hosts: hostsOf(own) };
    const link: Link = {
      source,
      key: read.key,
      itemId: target,
      hash: read.hash,
      said,
      contested: outcome.kind === 'duplicate_suspected',
      saidAt: now,
      revision: before?.revision ?? 0,
      ...(before?.seq !== undefined && { seq: before.seq }),
      ...(before?.heardAt !== undefined && { heardAt: before.heardAt }),
      seen: true,
    };
    if ('specialises' in outcome && outcome.specialises !== undefined) whole.facts = { ...whole.facts, class: outcome.specialises };
    const result = speakOf(whole, link, model, now);
    const recheckAt = firstRecheck(result);
    if (recheckAt !== undefined) link.recheckAt = recheckAt;
    if (!before || !isSameLink(before, link)) {
      page.links.push(link);
      whole.isTouched = true;
    } else whole.links.set(toLinkKey(before), before);
    const reasons = explainReconciliation(result, labelAttributes(model, whole.facts.class));
    if (outcome.kind === 'duplicate_suspected' || outcome.kind === 'class_change_proposed') return told(outcome.kind, target, reasons);
    if (!whole.before) return told('created', target);
    const isRevived = whole.before.state === 'retired';
    const isSpecialised = whole.before.class !== whole.facts.class;
    told(result.changes.length > 0 || isRevived || isSpecialised ? 'updated' : 'unchanged', target, reasons);
  }

  /** Takes the key away from where it was, and its item's former key out of force. */
  function moveKeys(outcome: IdentifyOutcome, { read }: FittedRecord, target: string): void {
    const before = links.get(read.key);
    if (before && before.itemId !== target) {
      const left = items.get(before.itemId);
      if (left) silence(left, before, model, now);
    }
    const fromKey = 'movesLink' in outcome ? outcome.movesLink?.fromKey : undefined;
    const replaced = fromKey === undefined ? undefined : linkOf(items.get(target), fromKey);
    if (replaced) {
      const moved: Link = { ...replaced, movedTo: read.key };
      page.links.push(moved);
      const whole = items.get(target);
      whole?.links.set(toLinkKey(moved), moved);
    }
    const displaced = outcome.kind === 'linked' && outcome.displaces !== undefined ? linkOf(items.get(target), outcome.displaces) : undefined;
    const whole = items.get(target);
    if (displaced && whole) {
      page.forgotten.push(displaced);
      page.links = page.links.filter(({ key }) => key !== displaced.key);
      addQuestion(question(displaced, 'displaced', [{ itemId: target, for: [], against: [] }], explain(outcome, displaced, words)));
      whole.links.delete(toLinkKey(displaced));
      whole.isTouched = true;
    }
  }

  function addQuestion(added: Duplicate): void {
    const isSame = ({ key, items: suspects }: Duplicate) => key === added.key && suspects.join() === added.items.join();
    page.questions = [...page.questions.filter((one) => !isSame(one)), added];
  }

  function linkOf(whole: WholeItem | undefined, key: string): Link | undefined {
    const link = whole?.links.get(toLinkKey({ source, key }));
    return link && link.movedTo === undefined ? link : undefined;
  }

  function hostsOf({ read }: FittedRecord): Record<string, string> {
    return Object.fromEntries(
      Object.entries(read.hosts ?? {}).flatMap(([type, key]) => {
        const host = itemOfKey.get(key);
        return host === undefined ? [] : [[type, host]];
      }),
    );
  }

  function ask(outcome: Extract<IdentifyOutcome, { kind: 'duplicate_suspected' }>, { read, record }: FittedRecord): Duplicate {
    const said = { class: read.class, name: read.name, attributes: record.attributes ?? {}, lookups: read.lookups, hosts: {} };
    return question({ key: read.key, hash: read.hash, said }, outcome.why, outcome.items, explain(outcome, record, words));
  }

  function question(
    { key, hash, said }: Pick<Link, 'key' | 'hash' | 'said'>,
    why: string,
    evidence: Duplicate['evidence'],
    reasons: Duplicate['reasons'],
  ): Duplicate {
    const suspects = [...new Set(evidence.map(({ itemId }) => itemId))].sort();
    return {
      id: newId(),
      status: 'open',
      source,
      key,
      hash,
      said,
      items: suspects,
      why,
      evidence,
      reasons,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
  }
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
