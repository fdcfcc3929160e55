import type * as contract from '../../generated/opora/cmdb/v1/sources.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { maskIdentifiers, maskSaid } from '../rights/mask.ts';
import { rightsReader } from '../rights/rights.ts';
import type { Duplicate } from './duplicate-store.ts';
import { duplicateUseCases } from './duplicates.ts';
import { explainItem } from './explain-item.ts';
import { listDuplicates, listRunRecords, listRuns } from './list-sources.ts';
import type { StoredMerge } from './merge-store.ts';
import { mergeUseCases } from './merge-use-cases.ts';
import type { SourceRun } from './run-store.ts';
import { snapshotUseCases } from './snapshots.ts';
import { changeSettings, findSettings, type SourceSettings } from './source-settings.ts';
import { summarise } from './summarise.ts';
import type { PageParts, pageTaker } from './take-page.ts';
import { streamTaker, toInput } from './take-stream.ts';

export interface SourceParts extends PageParts {
  takePage: ReturnType<typeof pageTaker>;
}

/** The contract's methods, each mapped to its use case and back. */
export function sourceMethods({ database, model, takePage }: SourceParts): contract.SourceService {
  const rightsFor = rightsReader(model);
  const questionsFor = async (call: Call) => {
    const [{ masked }, compiled] = [await rightsFor(call), await model()];
    return (question: Duplicate) => toQuestion(question, masked, compiled);
  };
  const snapshots = snapshotUseCases(database);
  const streams = streamTaker({ takePage, snapshots });
  const duplicates = duplicateUseCases({ database, model });
  const merges = mergeUseCases({ database, model });
  return {
    getSource: async ({ source }, call) => toSource(await findSettings(database, source, call.now)),
    updateSource: ({ source, ...settings }, call) => changeSettings(database, { name: source, ...settings }, call, toSource),

    beginSnapshot: (request, call) => snapshots.open(request, call, toSnapshot),
    async takeSnapshotPage({ source, id, items, relations }, call) {
      await call.endIfRepeated();
      const run = await snapshots.requireReceiving(source, id);
      return takePage(
        { source, runId: id, youngest: run.itemSeq, items: items.map(toInput), relations, ...(run.reason !== undefined && { reason: run.reason }) },
        call,
        summarise,
      );
    },
    streamSnapshot: streams.takeSnapshot,
    streamDelta: streams.takeDelta,
    completeSnapshot: (request, call) => snapshots.complete(request, call, toSnapshot),
    confirmSnapshot: (request, call) => snapshots.confirm(request, call, toSnapshot),
    discardSnapshot: (request, call) => snapshots.discard(request, call, toSnapshot),
    getSnapshot: async ({ source, id }) => toSnapshot(await snapshots.find(source, id)),
    async listSnapshots(request) {
      const { items, next } = await listRuns(database, request);
      return { items: items.map(toSnapshot), ...(next !== undefined && { next }) };
    },
    async listSnapshotRecords(request) {
      await snapshots.find(request.source, request.id);
      return listRunRecords(database, request);
    },
    async takeDelta({ items, ...delta }, call) {
      await call.endIfRepeated();
      return takePage({ ...delta, items: items.map(toInput) }, call, (outcome) => ({
        items: outcome.items.map(toOutcome),
        relations: outcome.relations.map(toOutcome),
      }));
    },

    explainItem: async ({ id }, call) => explainItem({ database, model }, id, call.now, await rightsFor(call)),
    splitItem: (request, call) => duplicates.split(request, call, (split) => split),
    async listDuplicates(request, call) {
      const { items, next } = await listDuplicates(database, request);
      return { items: items.map(await questionsFor(call)), ...(next !== undefined && { next }) };
    },
    getDuplicate: async ({ id }, call) => (await questionsFor(call))(await duplicates.find(id)),
    mergeDuplicate: async (request, call) => duplicates.merge(request, call, await questionsFor(call)),
    keepDistinct: async ({ id }, call) => duplicates.keepDistinct(id, call, await questionsFor(call)),
    mergeItems: ({ id, loserId, reason }, call) => merges.merge({ winnerId: id, loserId, ...(reason !== undefined && { reason }) }, call, toMerge),
    undoMerge: (request, call) => merges.undo(request, call, toMerge),
  };
}

function toOutcome({
  reasons,
  ...outcome
}: { reasons: readonly contract.Reason[] } & Omit<contract.RecordOutcome, 'reasons'>): contract.RecordOutcome {
  return { ...outcome, reasons: [...reasons] };
}

function toSource({ name, grace, mostRetired, heardAt, version }: SourceSettings): contract.Source {
  return { name, grace: `PT${grace / 1000}S`, mostRetired, version, ...(heardAt !== undefined && { heardAt: toTime(heardAt) }) };
}

function toSnapshot({ itemSeq: _, relationSeq: __, actorId: ___, counts, createdAt, updatedAt, completedAt, ...run }: SourceRun): contract.Snapshot {
  return {
    ...run,
    counts: { ...counts },
    createdAt: toTime(createdAt),
    updatedAt: toTime(updatedAt),
    ...(completedAt !== undefined && { completedAt: toTime(completedAt) }),
  };
}

function toQuestion(
  { hash: _, items, evidence, reasons, changeSetId, createdAt, updatedAt, ...question }: Duplicate,
  hidden: ReadonlySet<string>,
  model: CompiledModel,
): contract.Duplicate {
  const { said, masked } = maskSaid(question.said, hidden, model);
  const shown = evidence.map((suspect) => ({
    ...suspect,
    for: maskIdentifiers(suspect.for, hidden, model),
    against: maskIdentifiers(suspect.against, hidden, model),
  }));
  return {
    ...question,
    said: toCanonicalText(said),
    masked,
    itemIds: [...items],
    evidence: toCanonicalText(shown),
    reasons: [...reasons],
    ...(changeSetId !== undefined && { mergeId: changeSetId }),
    createdAt: toTime(createdAt),
    updatedAt: toTime(updatedAt),
  };
}

function toMerge({ id, winnerId, loserId, splitBy }: StoredMerge): contract.Merge {
  return { id, winnerId, loserId, ...(splitBy !== undefined && { splitBy }) };
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
