import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { setTimers } from '../../platform/timers/timers.ts';
import { authorOf } from '../author.ts';
import { insertChangeSet } from '../history/change-set-store.ts';
import { beginChangeSet } from '../history/change-sets.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import { completionTimer, endChangeSet } from './run-life.ts';
import { insertRun, type RunStatus, readRuns, type SourceRun, updateRun } from './run-store.ts';
import { forgetSeen } from './seen-store.ts';

/** The life of a snapshot: receiving → completing → done; held between them when too much would go; discarded from where a person can. */
export function snapshotUseCases(database: Database) {
  async function find(source: string, id: string): Promise<SourceRun> {
    const [run] = await readRuns(database, sql`id = ${id} and source = ${source}`);
    if (!run) throw new AppError('not_found', `The source "${source}" has no snapshot "${id}".`);
    return run;
  }

  /** Moves a run on from where it may be; where it is already, nothing changes. */
  async function move<Answer>(
    { source, id }: { source: string; id: string },
    { from, to, more, timer }: { from: readonly RunStatus[]; to: RunStatus; more?: Partial<SourceRun>; timer?: boolean },
    call: Call,
    answer: (run: SourceRun) => Answer,
  ): Promise<Answer> {
    return retryLostRace(call, async () => {
      const run = await find(source, id);
      if (run.status === to || (to === 'completing' && run.status === 'done')) return call.commit({}, answer(run));
      if (!from.includes(run.status)) throw new AppError('illegal_state', `The snapshot is ${run.status}, not ${from.join(' or ')}.`);
      const after: SourceRun = { ...run, status: to, ...more, version: run.version + 1, updatedAt: call.now };
      const rest = timer ? [setTimers([{ key: completionTimer(id), due: call.now }])] : [forgetSeen(id), await endChangeSet(database, after)];
      return call.commit({ statements: [updateRun(after), ...rest] }, answer(after));
    });
  }

  return {
    find,

    /** The run, if it may be given more. */
    async requireReceiving(source: string, id: string): Promise<SourceRun> {
      const run = await find(source, id);
      if (run.status !== 'receiving') throw new AppError('illegal_state', `The snapshot is ${run.status}: it receives no more. Begin a new one.`);
      return run;
    },

    /** Begins a snapshot. One of the same source that still receives, or waits for a person, is given up for it. */
    async open<Answer>({ source, reason }: { source: string; reason?: string }, call: Call, answer: (run: SourceRun) => Answer): Promise<Answer> {
      for (const old of await readRuns(database, sql`source = ${source} and status in ('receiving', 'held', 'completing')`)) {
        if (old.status === 'completing') throw new AppError('illegal_state', `Snapshot ${old.id} is just being completed: begin again in a moment.`);
        const after: SourceRun = { ...old, status: 'discarded', version: old.version + 1, updatedAt: call.now };
        await database.commit({ statements: [updateRun(after), forgetSeen(old.id), await endChangeSet(database, after)] });
      }
      const [youngest] = await database.query<{ item: number; relation: number }>(sql`select
        coalesce((select max(seq) from item_link), 0)::float8 as item, coalesce((select max(seq) from relation_link), 0)::float8 as relation`);
      const set = beginChangeSet(call, { kind: 'snapshot', title: source, ...(reason !== undefined && { reason }) });
      const { actorId, actorName } = authorOf(call);
      const run: SourceRun = {
        id: set.id,
        source,
        status: 'receiving',
        itemSeq: youngest?.item ?? 0,
        relationSeq: youngest?.relation ?? 0,
        received: 0,
        counts: {},
        actorId,
        actorName,
        ...(reason !== undefined && { reason }),
        version: 1,
        createdAt: call.now,
        updatedAt: call.now,
      };
      return call.commit({ statements: [insertChangeSet(set), insertRun(run)] }, answer(run));
    },

    /** Everything was said: what was not named goes missing, unless that is too much. */
    complete: <Answer>(target: { source: string; id: string }, call: Call, answer: (run: SourceRun) => Answer) =>
      move(target, { from: ['receiving'], to: 'completing', timer: true }, call, answer),

    /** A person says that so much is to go. */
    confirm: <Answer>(target: { source: string; id: string }, call: Call, answer: (run: SourceRun) => Answer) =>
      move(target, { from: ['held'], to: 'completing', more: { confirmedBy: call.principal.name }, timer: true }, call, answer),

    /** Nothing that it did not name goes missing. What it has said stays said. */
    discard: <Answer>(target: { source: string; id: string }, call: Call, answer: (run: SourceRun) => Answer) =>
      move(target, { from: ['receiving', 'held'], to: 'discarded' }, call, answer),
  };
}
