import type { ChangeSet } from '../../generated/opora/cmdb/v1/history.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { setTimers } from '../../platform/timers/timers.ts';
import { takeBack } from '../domain/history/take-back.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { fullSight } from '../rights/rights.ts';
import { writeWholeItems } from '../sources/end-links.ts';
import { type Link, speaks } from '../sources/link.ts';
import { readLinks, writeLinks } from '../sources/link-store.ts';
import { graceTimer } from '../sources/run-life.ts';
import { readWholeItems, toLinkKey, type WholeItem } from '../sources/whole-items.ts';
import { itemsOf, markTakenBack, readWordsToTakeBack, type WordBefore } from '../sources/word-before-store.ts';
import { type ItemVersionState, readProvenances, readTheseVersions, readVersionsOfChangeSet } from '../storage/history-store.ts';
import type { Author } from '../storage/item-store.ts';
import { insertConflicts } from './change-set-store.ts';
import { type Before, settleBack } from './settle-back.ts';

export interface TakingBack {
  database: Database;
  model: CompiledModel;
  /** The reverting change set. */
  set: ChangeSet;
  author: Author;
  now: number;
}

/**
 * Takes back what sources and people have said under a change set, one page of it: the words from before it hold again, and the items are what all of their words
 * come to. Gives whether there was any. The page is marked in the commit that writes it, so that it is taken back once.
 */
export async function takeBackWords(taking: TakingBack, limit: number): Promise<boolean> {
  const { database, model, set, now } = taking;
  const reverted = set.reverts ?? '';
  const words = await readWordsToTakeBack(database, reverted, limit);
  if (words.length === 0) return false;
  const ids = itemsOf(words);
  const [wholes, made, present] = await Promise.all([
    readWholeItems(database, ids),
    readVersionsOfChangeSet(database, reverted, ids),
    readPresent(database, words),
  ]);
  const befores = await readBefores(database, made);

  const conflicts = new Map<string, string[]>();
  const note = (id: string, detail: string) => conflicts.set(id, [...(conflicts.get(id) ?? []), detail]);
  const held = new Set<string>();
  for (const whole of wholes.values()) {
    const kept = findOwnWork(whole, made.get(whole.id) ?? [], words);
    if (kept === undefined) continue;
    held.add(whole.id);
    note(whole.id, kept);
  }
  const links: Link[] = [];
  for (const word of words) {
    if (held.has(word.itemId)) continue;
    const link = present.get(toLinkKey(word));
    if ((link?.revision ?? 0) !== word.revision) {
      note(word.itemId, `"${word.source}" has spoken of "${word.key}" since`);
      continue;
    }
    const again = restore(word, link, now);
    if (!again) continue;
    links.push(again);
    wholes.get(word.itemId)?.links.delete(toLinkKey(word));
    wholes.get(again.itemId)?.links.set(toLinkKey(word), again);
  }
  const items = [...wholes.values()].filter(({ id }) => !held.has(id));
  const restored = new Set(links.map(toLinkKey));
  for (const whole of items) {
    const unowned = new Set(words.flatMap((word) => (word.itemId === whole.id ? word.unowned : [])));
    const kept = settleBack(whole, { made: made.get(whole.id) ?? [], before: befores.get(whole.id), unowned, restored }, model, now);
    if (kept.length > 0) note(whole.id, kept.join(', '));
  }
  const { statements, events } = await writeWholeItems(taking, items);
  const rows = [...conflicts].map(([entryId, details]) => ({ changeSetId: set.id, entryId, kind: 'item' as const, detail: details.join('; ') }));
  await database.commit({
    statements: [
      ...statements,
      ...writeLinks(links, [], set.id),
      markTakenBack(reverted, words),
      ...(rows.length > 0 ? [insertConflicts(rows)] : []),
      ...waitAgain(links, set.id, now),
    ],
    events,
  });
  return true;
}

async function readPresent(database: Database, words: readonly WordBefore[]): Promise<Map<string, Link>> {
  const links = await readLinks(
    database,
    sql`(l.source, l.key) in (select * from unnest(${words.map(({ source }) => source)}::text[], ${words.map(({ key }) => key)}::text[]))`,
  );
  return new Map(links.map((link) => [toLinkKey(link), link]));
}

async function readBefores(database: Database, made: ReadonlyMap<string, readonly ItemVersionState[]>): Promise<Map<string, Before>> {
  const places = [...made].flatMap(([itemId, [first]]) => (first && first.version > 1 ? [{ itemId, version: first.version - 1 }] : []));
  const [versions, provenances] = await Promise.all([readTheseVersions(database, places, fullSight), readProvenances(database, places)]);
  return new Map([...versions].map(([id, version]) => [id, { ...version, provenance: provenances.get(id) ?? {} }]));
}

/** What a person has done since with an item that the change set brought: then it stays, with all that was said of it. So does one that went into another. */
function findOwnWork({ facts, links }: WholeItem, made: readonly ItemVersionState[], words: readonly WordBefore[]): string | undefined {
  if (facts.mergedInto !== undefined && !made.some(({ state }) => state === 'retired')) return `it went into ${facts.mergedInto}`;
  const latest = made.at(-1);
  if (made[0]?.version !== 1 || !latest) return undefined;
  const own = new Set(words.map(toLinkKey));
  const isSaidByOthers = [...links.values()].some((link) => speaks(link) && link.source !== 'manual' && !own.has(toLinkKey(link)));
  const { kept } = takeBack(undefined, latest, facts);
  return isSaidByOthers || kept.length === 0 ? undefined : kept.join(', ');
}

/** The link as it is to be written; a key that was none before becomes a tombstone, so that it is recognised when it comes again. */
function restore(word: WordBefore, present: Link | undefined, now: number): Link | undefined {
  if (word.link) return { ...word.link, revision: present?.revision ?? 0 };
  return present && present.goneAt === undefined ? { ...present, goneAt: now } : undefined;
}

/** A source that had not named its thing for a while has the rest of its grace. */
function waitAgain(links: readonly Link[], id: string, now: number): Statement[] {
  const sources = new Set(links.flatMap(({ source, missingSince, goneAt }) => (missingSince !== undefined && goneAt === undefined ? [source] : [])));
  return sources.size === 0 ? [] : [setTimers([...sources].map((source) => ({ key: graceTimer(source, id), due: now })))];
}
