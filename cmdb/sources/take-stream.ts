import type { DeltaRecord, PageSummary, SnapshotRecord, SourceItem } from '../../generated/opora/cmdb/v1/sources.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { StreamCall } from '../../platform/rpc/call.ts';
import { toKey } from './decide-relations.ts';
import type { snapshotUseCases } from './snapshots.ts';
import type { ItemInput, RelationInput } from './source-page.ts';
import { addUp, summarise } from './summarise.ts';
import { mostRecords, type pageTaker, type SourcePage } from './take-page.ts';

export interface StreamParts {
  takePage: ReturnType<typeof pageTaker>;
  snapshots: Pick<ReturnType<typeof snapshotUseCases>, 'requireReceiving'>;
}

interface Gathered extends SourcePage {
  items: ItemInput[];
  relations: RelationInput[];
  removedKeys: string[];
  removedRelations: RelationInput[];
}

interface UnderWay {
  page: Gathered;
  done: Promise<PageSummary>;
}

/**
 * Streams of records, a page at a time: while one page is decided the next one is gathered, and no more is read than that. A page of relations is decided
 * while one before it is still written, if they say nothing of the same relation. They are written in their order all the same, so that whoever is
 * interrupted can go on from what was received.
 */
export function streamTaker({ takePage, snapshots }: StreamParts) {
  async function takeAll(pages: AsyncIterable<Gathered>, call: StreamCall): Promise<PageSummary> {
    let whole: PageSummary = { received: 0, counts: {}, notable: [] };
    const underWay: UnderWay[] = [];
    const settleAllBut = async (most: number) => {
      for (let first = underWay[0]; first && underWay.length > most; first = underWay[0]) {
        whole = addUp(whole, await first.done);
        underWay.shift();
      }
    };
    try {
      for await (const page of pages) {
        await settleAllBut(1);
        const [before] = underWay;
        if (before && !areApart(before.page, page)) await settleAllBut(0);
        const done = takeOne(page, call, underWay[0]?.done);
        done.catch(() => undefined);
        underWay.push({ page, done });
      }
    } finally {
      // A stream that broke off ends only when what it brought is written or refused.
      await settleAllBut(0).finally(() => Promise.allSettled(underWay.map(({ done }) => done)));
    }
    return whole;
  }

  async function takeOne({ runId, ...page }: Gathered, call: StreamCall, after?: Promise<unknown>): Promise<PageSummary> {
    const inOrder = { ...page, ...(after && { after }) };
    if (runId === undefined) return takePage(inOrder, call.beginDecision(), summarise);
    const run = await snapshots.requireReceiving(page.source, runId);
    const ofRun = { runId, youngest: run.itemSeq, ...(run.reason !== undefined && { reason: run.reason }) };
    return takePage({ ...inOrder, ...ofRun }, call.beginDecision(), summarise);
  }

  return {
    takeSnapshot: (records: AsyncIterable<SnapshotRecord>, call: StreamCall) =>
      takeAll(
        gather(records, ({ source, id }) => ({ source, runId: id })),
        call,
      ),
    takeDelta: (records: AsyncIterable<DeltaRecord>, call: StreamCall) =>
      takeAll(
        gather(records, ({ source }) => ({ source })),
        call,
      ),
  };
}

/** Whether what becomes of the later page has nothing to do with what the earlier one says. */
function areApart(earlier: Gathered, later: Gathered): boolean {
  const isOfRelations = ({ items, removedKeys, removedRelations }: Gathered) => items.length + removedKeys.length + removedRelations.length === 0;
  if (!isOfRelations(earlier) || !isOfRelations(later)) return false;
  const said = new Set(earlier.relations.map(toKey));
  return !later.relations.some((relation) => said.has(toKey(relation)));
}

/** Pages of one source, and of one snapshot. */
async function* gather<Record extends SnapshotRecord | DeltaRecord>(
  records: AsyncIterable<Record>,
  whose: (record: Record) => { source: string; runId?: string },
): AsyncIterable<Gathered> {
  let page: Gathered | undefined;
  for await (const record of records) {
    const { source, runId } = whose(record);
    if (page && (page.source !== source || page.runId !== runId)) throw new AppError('invalid_input', 'A stream is of one source and one snapshot.');
    page ??= { source, ...(runId !== undefined && { runId }), items: [], relations: [], removedKeys: [], removedRelations: [] };
    add(page, record);
    if (page.items.length + page.relations.length + page.removedKeys.length + page.removedRelations.length < mostRecords) continue;
    yield page;
    page = { ...page, items: [], relations: [], removedKeys: [], removedRelations: [] };
  }
  if (page) yield page;
}

function add(page: Gathered, record: SnapshotRecord | DeltaRecord): void {
  if (record.item) page.items.push(toInput(record.item));
  if (record.relation) page.relations.push(record.relation);
  if ('removedKey' in record && record.removedKey !== undefined) page.removedKeys.push(record.removedKey);
  if ('removedRelation' in record && record.removedRelation) page.removedRelations.push(record.removedRelation);
}

export function toInput({ hosts, ...item }: SourceItem): ItemInput {
  return { ...item, ...(Object.keys(hosts).length > 0 && { hosts }) };
}
