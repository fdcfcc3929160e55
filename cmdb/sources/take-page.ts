import { isAppError } from '../../platform/errors/app-error.ts';
import { crashPoint } from '../../platform/faults/crash-point.ts';
import type { Changes, Database } from '../../platform/postgres/database.ts';
import type { Statement } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { authorOf } from '../author.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import { takeTurns } from '../take-turns.ts';
import { type DecidedItems, decideItems, type PageContext } from './decide-items.ts';
import { decideRelations } from './decide-relations.ts';
import { endLinks, endRelationLinks } from './end-links.ts';
import { listTurnKeys } from './list-turn-keys.ts';
import { readWaiting } from './relation-link-store.ts';
import { relocateRelations } from './relocate-relations.ts';
import { countInRun, keepRunRecords } from './run-store.ts';
import { markSeen } from './seen-store.ts';
import type { ItemInput, RecordOutcome, RelationInput } from './source-page.ts';

/** Milliseconds. */
const calmingDown = 5_000;

/** At most this many records are decided at once. */
export const mostRecords = 1_000;

export interface SourcePage {
  source: string;
  runId?: string;
  /** The youngest link when the snapshot began. */
  youngest?: number;
  /** Of an import, the change set that the page is a part of: what was said before is kept with it, so that it can be taken back. A snapshot has its run instead. */
  changeSetId?: string;
  items: readonly ItemInput[];
  relations: readonly RelationInput[];
  /** What the source does not know any more. */
  removedKeys?: readonly string[];
  removedRelations?: readonly RelationInput[];
  reason?: string;
  /** What is to be written together with the items, once. */
  note?(decided: Pick<DecidedItems, 'outcomes' | 'reconciled'>): Statement[];
  /** By key, W3C trace context of what brought the record; that of the call unless told. */
  causes?: ReadonlyMap<string, string>;
  /** Another page is written first: this one only when that is there. */
  after?: Promise<unknown>;
}

export interface PageOutcome {
  items: RecordOutcome[];
  relations: RecordOutcome[];
}

export interface PageParts {
  database: Database;
  model(): Promise<CompiledModel>;
}

/** Takes in what a source says, a page at a time. */
export function pageTaker({ database, model }: PageParts) {
  const turns = takeTurns(database);
  let contendedUntil = 0;

  /**
   * While nobody is in the way, pages go at once. When one has lost a race, and for a while after it, those that may write the same items go one after the
   * other: many who say the same things would otherwise go on losing. Other processes are met by deciding again.
   */
  async function decide<Result>(call: Call, keys: () => string[], work: () => Promise<Result>): Promise<Result> {
    if (Date.now() > contendedUntil) {
      try {
        return await work();
      } catch (error) {
        if (!isAppError(error, 'conflict')) throw error;
        contendedUntil = Date.now() + calmingDown;
      }
    }
    return turns(keys(), () => retryLostRace(call, work));
  }

  /** Removals first, then items, then relations: each a commit of its own, because a relation needs its ends to be there. Any of it may be said again. */
  return async function takePage<Answer>(page: SourcePage, call: Call, answer: (outcome: PageOutcome) => Answer): Promise<Answer> {
    const { source, runId, items, relations } = page;
    const changeSetId = runId ?? page.changeSetId;
    const author = { ...authorOf(call, page.reason), ...(changeSetId !== undefined && { changeSetId }) };
    const context: PageContext = {
      database,
      model: await model(),
      source,
      author,
      now: call.now,
      newId: () => call.newId(),
      ...(runId !== undefined && { runId }),
      ...(page.changeSetId !== undefined && { keptIn: page.changeSetId }),
      ...(page.youngest !== undefined && { youngest: page.youngest }),
      ...(page.causes && { causes: page.causes }),
    };
    const keys = () => listTurnKeys(context.model, source, items);
    const commit = (changes: Changes) => database.commit({ ...changes, at: call.now });

    if (page.removedRelations?.length) await decide(call, keys, async () => commit(await endRelationLinks(context, page.removedRelations ?? [])));
    if (page.removedKeys?.length) await decide(call, keys, async () => commit(await endLinks(context, page.removedKeys ?? [])));

    let itemOutcomes: RecordOutcome[] = [];
    let waited: RelationInput[] = [];
    if (items.length > 0) {
      const done = await decide(call, keys, async () => {
        const decided = await decideItems(context, items);
        const changes = {
          statements: [...ofRun(context, 'item', decided), ...(page.note?.(decided) ?? []), ...decided.statements],
          events: decided.events,
        };
        const waiting = decided.newKeys.length > 0 ? await readWaiting(database, source, decided.newKeys) : [];
        if (relations.length + waiting.length + decided.movedKeys.length + decided.again.length > 0) {
          await commit(changes);
          return { decided, waiting };
        }
        return { answer: await call.commit(changes, answer({ items: decided.outcomes, relations: [] })) };
      });
      crashPoint('source.after-page');
      if ('answer' in done) return done.answer as Answer;
      itemOutcomes = done.decided.outcomes;
      const { movedKeys, again } = done.decided;
      if (again.length > 0) {
        await decide(call, keys, async () => {
          const { statements, events } = await decideItems(context, again);
          await commit({ statements, events });
        });
      }
      const relocated = movedKeys.length > 0 ? await decide(call, keys, () => relocateRelations(context, movedKeys)) : [];
      waited = [...done.waiting, ...relocated];
    }
    return decide(call, keys, async () => {
      // Those that have waited for the page's items come with its own; they were counted when they came.
      const decided = await decideRelations(context, [...relations, ...waited]);
      const outcomes = decided.outcomes.slice(0, relations.length);
      const changes = {
        statements: [...ofRun(context, 'relation', { outcomes, seen: decided.seen }), ...decided.statements],
        events: decided.events,
      };
      await page.after;
      return call.commit(changes, answer({ items: itemOutcomes, relations: outcomes }));
    });
  };
}

function ofRun(
  { runId, now }: PageContext,
  kind: 'item' | 'relation',
  { outcomes, seen }: { outcomes: RecordOutcome[]; seen: number[] },
): Statement[] {
  if (runId === undefined || outcomes.length === 0) return [];
  return [countInRun(runId, kind, outcomes, now), ...markSeen(runId, kind, seen), ...keepRunRecords(runId, outcomes)];
}
