import type { LifecycleMove, LifecycleMoveService } from '../../../generated/opora/tickets/v1/lifecycle_moves.ts';
import { AppError, isAppError } from '../../../platform/errors/app-error.ts';
import { violatedConstraint } from '../../../platform/postgres/server-error.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import { setTimers, type Timers } from '../../../platform/timers/timers.ts';
import { announceTransition, announceUpdated } from '../announce.ts';
import { followStatus } from '../approvals/follow-status.ts';
import type { TimerMoves } from '../domain/follow-timers.ts';
import { phaseOf } from '../domain/lifecycle.ts';
import { checkMapping, moveTicket, moveTimersOver } from '../domain/move-ticket.ts';
import { listChanges, type TicketState } from '../domain/ticket.ts';
import { makeEntry } from '../history-entry.ts';
import { insertHistory } from '../storage/journal-store.ts';
import { insertMove, type MoveState, readMove, readPlaceAfter, updateMove } from '../storage/move-store.ts';
import { readTickets, updateTickets } from '../storage/ticket-store.ts';
import type { TicketParts } from '../tickets.ts';
import { writeTimers } from './move-timers.ts';

type MoveParts = Pick<TicketParts, 'database' | 'lifecycles' | 'policies'> & { newId(at?: number): string };

const prefix = 'lifecycle-move:';
const firstId = '00000000-0000-0000-0000-000000000000';
/** Pages in one turn of the timer. */
const pagesInTurn = 10;
/** Milliseconds: a ticket so young may begin with an older version still, or not be committed yet. A move looks at it later. */
const settled = 1_500;
/** Milliseconds before the beginning of a move from which the young tickets are looked at again and again until it is done. */
const young = 15_000;

const timerOf = ({ id, version }: MoveState) => `${prefix}${id}:${version}`;

export function moveMethods({ database, lifecycles }: MoveParts): LifecycleMoveService {
  return {
    async createLifecycleMove({ lifecycle: name, toVersion, statuses }, call) {
      const to = await findVersion(name, toVersion);
      const older = await Promise.all(Array.from({ length: await lifecycles.newestVersion(name) }, (_, index) => lifecycles.find(name, index + 1)));
      const violations = checkMapping(statuses, to, older);
      if (violations.length > 0) throw new AppError('invalid_input', 'Some statuses lead nowhere.', { violations });
      const author = { actorId: call.principal.id, actorName: call.principal.name, createdAt: call.now, updatedAt: call.now };
      const move: MoveState = {
        id: call.newId(),
        lifecycle: name,
        toVersion,
        statuses,
        state: 'running',
        place: firstId,
        moved: 0,
        version: 1,
        ...author,
      };
      try {
        return await call.commit({ statements: [insertMove(move), setTimers([{ key: timerOf(move), due: call.now }])] }, toMove(move));
      } catch (error) {
        if (!isAppError(error, 'conflict') || violatedConstraint(error) !== 'lifecycle_move_running') throw error;
        throw new AppError('conflict', `Tickets of "${name}" are being moved already: wait until that is done.`);
      }
    },
    async getLifecycleMove({ id }) {
      const move = await readMove(database, id);
      if (!move) throw new AppError('not_found', `There is no move "${id}".`);
      return toMove(move);
    },
  };

  async function findVersion(name: string, version: number) {
    try {
      return await lifecycles.find(name, version);
    } catch (error) {
      if (!isAppError(error, 'not_found')) throw error;
      throw new AppError('invalid_input', error.message, { violations: [{ pointer: '/toVersion', message: error.message }] });
    }
  }
}

/** Carries out moves, `pageSize` tickets a commit, and on after a kill. Somebody who changes a ticket meanwhile wins: its page is looked at again. */
export function runMoves({ database, lifecycles, policies, newId, pageSize = 500 }: MoveParts & { pageSize?: number }): Timers {
  /** Moves the next page; false when there was no further one. */
  async function movePage(move: MoveState, now: number): Promise<boolean> {
    const end = newId(now - settled);
    const place = (await readPlaceAfter(database, move.place, end, pageSize)) ?? end;
    const tickets = await readTickets(
      database,
      sql`id > ${move.place} and id <= ${place} and coalesce(lifecycle, type) = ${move.lifecycle} and lifecycle_version <> ${move.toVersion}::int order by id`,
    );
    const to = await lifecycles.find(move.lifecycle, move.toVersion);
    const writer = { principal: { kind: 'account' as const, id: move.actorId, name: move.actorName, permissions: [] }, now, newId: () => newId(now) };
    const moved: { before: TicketState; after: TicketState; timers: TimerMoves; followed: Awaited<ReturnType<typeof followStatus>> }[] = [];
    for (const before of tickets) {
      const from = await lifecycles.of(before);
      const after = moveTicket(before, from, to, move.statuses, now);
      if (!after) continue;
      const followed = await followStatus({ database, policies }, { lifecycle: to, from, before, after }, writer);
      moved.push({ before, after, timers: moveTimersOver(before, from, after, to, now), followed });
    }
    const isLast = place === end;
    const next = { ...move, place, moved: move.moved + moved.length, version: move.version + 1, updatedAt: now };
    const why = `Moved to version ${to.version} of the lifecycle "${to.name}".`;
    await database.commit({
      statements: [
        updateMove(next),
        ...(moved.length === 0
          ? []
          : [
              updateTickets(moved.map(({ after }) => after)),
              insertHistory(moved.map(({ before, after }) => makeEntry(writer, after.id, 'lifecycle_moved', listChanges(before, after), why))),
            ]),
        ...writeTimers({ set: moved.flatMap(({ timers }) => timers.set), drop: moved.flatMap(({ timers }) => timers.drop) }),
        ...moved.flatMap(({ followed }) => followed.statements),
      ],
      events: moved.flatMap(({ before, after, followed }) => [
        before.status === after.status
          ? announceUpdated(after)
          : announceTransition(after, writer.principal, { transition: 'lifecycle_move', before, phase: phaseOf(to, after.status), byPerson: false }),
        ...followed.events,
      ]),
      at: now,
    });
    return !isLast;
  }

  async function goOn(id: string, now: number): Promise<Statement[]> {
    for (let page = 0; page < pagesInTurn; page++) {
      const move = await readMove(database, id);
      if (move?.state !== 'running') return [];
      if (await movePage(move, now)) continue;
      const after = await readMove(database, id);
      if (!after) return [];
      const isDone = now - after.createdAt > 2 * settled;
      const state = isDone ? ('done' as const) : after.state;
      const place = isDone ? after.place : newId(after.createdAt - young);
      const next = { ...after, state, place, version: after.version + 1, updatedAt: now };
      return [updateMove(next), ...(isDone ? [] : [setTimers([{ key: timerOf(next), due: now + settled }])])];
    }
    const move = await readMove(database, id);
    return move ? [setTimers([{ key: timerOf(move), due: now }])] : [];
  }

  return {
    prefix,
    heedsEvents: false,
    batch: 1,
    async handle(due, now) {
      const statements: Statement[] = [];
      for (const { key } of due) statements.push(...(await goOn(key.slice(prefix.length).split(':')[0] ?? '', now)));
      return { statements };
    },
  };
}

function toMove({ place: _, actorId: __, actorName, createdAt, updatedAt, statuses, ...move }: MoveState): LifecycleMove {
  return {
    ...move,
    statuses: { ...statuses },
    createdBy: actorName,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}
