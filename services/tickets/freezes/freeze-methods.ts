import type { ChangeFreeze, FreezeService } from '../../../generated/opora/tickets/v1/freezes.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../../platform/keyset/cursor.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { Call } from '../../../platform/rpc/call.ts';
import { checkFreeze, type Freeze } from '../domain/freeze.ts';
import { type FreezeState, holdingWithin, readFreezes, writeFreeze } from '../storage/freeze-store.ts';

/** Freezes of changes: declared, changed and ended by those who manage tickets, read by all who read tickets. */
export function freezeMethods(database: Database): FreezeService {
  async function find(id: string): Promise<FreezeState> {
    const [freeze] = await readFreezes(database, sql`id = ${id}`);
    if (!freeze) throw new AppError('not_found', `There is no change freeze "${id}".`);
    return freeze;
  }

  /** One that is not ended, at the version that the caller knows. */
  async function findToChange(id: string, expectedVersion: number): Promise<FreezeState> {
    const freeze = await find(id);
    if (expectedVersion !== 0 && freeze.version !== expectedVersion) {
      throw new AppError(
        'conflict',
        `"${freeze.name}" was changed meanwhile: it is at version ${freeze.version}, not ${expectedVersion}. Read it again.`,
      );
    }
    if (freeze.endedAt !== undefined) throw new AppError('illegal_state', `"${freeze.name}" was ended already. Declare a new freeze.`);
    return freeze;
  }

  const write = (freeze: FreezeState, call: Call) => call.commit({ statements: [writeFreeze(freeze)] }, toFreeze(freeze));
  const next = (before: FreezeState, call: Call) => ({ ...before, version: before.version + 1, updatedAt: call.now, updatedBy: call.principal.name });

  return {
    async createFreeze({ from, to, scope, ...content }, call) {
      const freeze = require({ ...content, from: Date.parse(from), to: Date.parse(to), scope: scope ?? { kind: 'everything', values: [] } });
      return write({ ...freeze, id: call.newId(), version: 1, createdAt: call.now, updatedAt: call.now, updatedBy: call.principal.name }, call);
    },
    getFreeze: async ({ id }) => toFreeze(await find(id)),
    async listFreezes({ limit = 50, after, from, to }) {
      const [moment, id] = after === undefined ? [] : decodeCursor(after, ['time', 'uuid'], '-from');
      const further = moment === undefined ? sql`true` : sql`(from_at, id) < (${moment}::timestamptz, ${id}::uuid)`;
      const within = holdingWithin(readMoment(from, '/from'), readMoment(to, '/to'));
      const found = await readFreezes(database, sql`${further} and ${within} order by from_at desc, id desc limit ${limit + 1}`);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const isMore = found.length > limit && last;
      return { items: page.map(toFreeze), ...(isMore && { next: encodeCursor([new Date(last.from).toISOString(), last.id], '-from') }) };
    },
    async updateFreeze({ id, expectedVersion, from, to, ...patch }, call) {
      const before = await findToChange(id, expectedVersion);
      const times = { ...(from !== undefined && { from: Date.parse(from) }), ...(to !== undefined && { to: Date.parse(to) }) };
      return write({ ...next(before, call), ...require({ ...before, ...patch, ...times }), version: before.version + 1 }, call);
    },
    async endFreeze({ id, expectedVersion }, call) {
      const before = await findToChange(id, expectedVersion);
      if (before.to <= call.now) throw new AppError('illegal_state', `"${before.name}" is over already.`);
      return write({ ...next(before, call), endedAt: call.now }, call);
    },
  };
}

/** The freeze as it was given, or AppError `invalid_input` with all that is wrong. */
function require<Given extends Freeze>(freeze: Given): Given {
  const violations = checkFreeze(freeze);
  if (violations.length > 0) throw new AppError('invalid_input', 'The freeze cannot be so.', { violations });
  return freeze;
}

function readMoment(text: string | undefined, pointer: string): number | undefined {
  const moment = text === undefined ? undefined : Date.parse(text);
  if (!Number.isNaN(moment)) return moment;
  throw new AppError('invalid_input', 'That is no moment.', { violations: [{ pointer, message: 'is no moment; write it as 2026-12-25T00:00:00Z' }] });
}

function toFreeze({ from, to, endedAt, createdAt, updatedAt, exemption, ...freeze }: FreezeState): ChangeFreeze {
  const tell = (moment: number) => new Date(moment).toISOString();
  return {
    ...freeze,
    from: tell(from),
    to: tell(to),
    ...(exemption && { exemption: { ...exemption, accounts: [...exemption.accounts] } }),
    ...(endedAt !== undefined && { endedAt: tell(endedAt) }),
    createdAt: tell(createdAt),
    updatedAt: tell(updatedAt),
  };
}
