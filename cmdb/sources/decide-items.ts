import type { NewEvent } from '../../platform/bus/event.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Statement } from '../../platform/postgres/sql.ts';
import type { Reconciliation } from '../domain/identify/reconcile.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { Author } from '../storage/item-store.ts';
import { writeItemChanges } from '../write-changes.ts';
import { assignToItems } from './assign-to-items.ts';
import { askAbout, dropQuestions } from './duplicate-store.ts';
import { findForPage } from './find-for-page.ts';
import { identifyRecords } from './identify-records.ts';
import { glanceAtLinks, writeLinks } from './link-store.ts';
import { postpone } from './postponed-store.ts';
import { type ItemInput, type ReadRecord, type RecordOutcome, reject, tryToRead } from './source-page.ts';
import { toChange } from './whole-items.ts';

export interface PageContext {
  database: Database;
  model: CompiledModel;
  source: string;
  /** The snapshot that the page is a part of. */
  runId?: string;
  /** The youngest link when that began. */
  youngest?: number;
  /** The snapshot has named everything: nothing waits any more. */
  isComplete?: boolean;
  author: Author;
  /** What was known is corrected, and the things are as they were: nobody has to approve it. */
  isCorrection?: boolean;
  /** The change set that it is a part of, when that can be taken back: what was said before is kept with it. */
  keptIn?: string;
  /** By key, W3C trace context of what brought the record; that of what runs now unless told. */
  causes?: ReadonlyMap<string, string>;
  /** Epoch milliseconds. */
  now: number;
  newId(): string;
}

export interface DecidedItems {
  statements: Statement[];
  events: NewEvent[];
  /** One for each record, in their order. */
  outcomes: RecordOutcome[];
  /** `seq` of the links that the page names. */
  seen: number[];
  /** Keys that stand for an item since now: relations may have waited for them. */
  newKeys: string[];
  /** Keys that stand for another item than before. */
  movedKeys: string[];
  /** Records of keys that had to leave an item: they are to be decided again. */
  again: ItemInput[];
  /** What the words of each record changed of its item, and what was kept back; by key. A record that says what it said has nothing here. */
  reconciled: ReadonlyMap<string, Reconciliation>;
}

/**
 * Decides what becomes of the items that a page names. A record that says what it said costs one row of one query; for all others together there are
 * three more queries, however many they are.
 */
export async function decideItems(context: PageContext, inputs: readonly ItemInput[]): Promise<DecidedItems> {
  const { database, source, now } = context;
  const outcomes = new Map<number, RecordOutcome>();
  const records = readPage(inputs, outcomes);
  const seen: number[] = [];
  const known = new Set<string>();
  const glances = await glanceAtLinks(
    database,
    source,
    records.map(({ record }) => record),
    now,
  );
  const same = new Set<number>();
  for (const { place, seq, itemId, version, same: isSame } of glances) {
    const found = records[place - 1];
    if (!found) continue;
    seen.push(seq);
    if (isSame) {
      outcomes.set(found.index, { key: found.record.key, outcome: 'unchanged', id: itemId, version, reasons: [] });
      same.add(found.index);
    } else known.add(found.record.key);
  }
  const rest = records.filter(({ index }) => !same.has(index));
  if (rest.length === 0)
    return {
      statements: [],
      events: [],
      outcomes: inOrder(outcomes, inputs.length),
      seen,
      newKeys: [],
      movedKeys: [],
      again: [],
      reconciled: new Map(),
    };

  const found = await findForPage(
    context,
    rest.map(({ record }) => record),
    known,
  );
  const identified = identifyRecords(context, found);
  for (const { index, record } of rest) {
    const outcome = identified.outcomes.get(record.key);
    if (outcome) outcomes.set(index, outcome);
  }
  const { statements, events, versions } = await writeOutcome(context, found, identified);
  for (const outcome of outcomes.values()) {
    const version = outcome.id === undefined ? undefined : (versions.get(outcome.id) ?? found.items.get(outcome.id)?.before?.version);
    if (version !== undefined) outcome.version = version;
  }
  const newKeys = identified.links.filter(({ revision }) => revision === 0).map(({ key }) => key);
  const movedKeys = identified.links.filter(({ key, itemId }) => (found.links.get(key)?.itemId ?? itemId) !== itemId).map(({ key }) => key);
  const { again, reconciled } = identified;
  return { statements, events, outcomes: inOrder(outcomes, inputs.length), seen, newKeys, movedKeys, again, reconciled };
}

/** Of several records with one key the last is taken. */
function readPage(inputs: readonly ItemInput[], outcomes: Map<number, RecordOutcome>): { index: number; record: ReadRecord }[] {
  const last = new Map(inputs.map(({ key }, index) => [key, index]));
  return inputs.flatMap((input, index) => {
    if (last.get(input.key) !== index) {
      outcomes.set(
        index,
        reject(input.key, 'said_again', 'Дальше на странице тот же ключ назван снова.', 'The page names the same key again later.'),
      );
      return [];
    }
    const record = tryToRead(input, `/items/${index}/attributes`);
    if ('hash' in record) return [{ index, record }];
    outcomes.set(index, record);
    return [];
  });
}

function inOrder(outcomes: ReadonlyMap<number, RecordOutcome>, length: number): RecordOutcome[] {
  return Array.from({ length }, (_, index) => outcomes.get(index) ?? { key: '', outcome: 'rejected', reasons: [] });
}

type Found = Awaited<ReturnType<typeof findForPage>>;
type Identified = ReturnType<typeof identifyRecords>;

async function writeOutcome(context: PageContext, found: Found, { links, forgotten, questions, postponed, outcomes }: Identified) {
  const { database, now, runId, keptIn, causes } = context;
  const items = [...found.items.values()];
  const traces = new Map([...(causes ?? [])].map(([key, traceparent]) => [outcomes.get(key)?.id, traceparent]));
  const written = await writeItemChanges(
    context,
    items.flatMap((whole) => {
      const change = toChange(whole, now);
      const traceparent = traces.get(whole.id);
      return change ? [traceparent === undefined ? change : { ...change, traceparent }] : [];
    }),
  );
  const touched = items.filter(({ isTouched }) => isTouched);
  const isRetired = (id: string) => found.known.isRetired(id) && found.items.get(id)?.facts.state === 'retired';
  const identifiers = await assignToItems(database, touched, { ...found.known, isRetired });
  // What is in dispute about a known key is shared from then on: it leaves no doubt next time, and the question stays. Only a key that was none has its answer.
  const bound = new Set(links.filter(({ revision }) => revision === 0).map(({ key }) => key));
  const answered = found.questions.filter(({ key }) => bound.has(key)).map(({ id }) => id);
  const statements = [
    ...written.statements,
    ...writeLinks(links, forgotten, keptIn),
    ...identifiers,
    ...(runId !== undefined && postponed.length > 0 ? [postpone(runId, postponed)] : []),
    ...(questions.length > 0 ? [askAbout(questions, keptIn)] : []),
    ...(answered.length > 0 ? [dropQuestions(answered, now)] : []),
  ];
  const versions = new Map(written.changes.map(({ after }) => [after.id, after.version]));
  return { statements, events: written.events, versions };
}
