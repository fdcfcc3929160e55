import { AppError, type FieldViolation, isAppError } from '../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { expectVersion } from './calendars.ts';
import { clockKinds } from './domain/clock.ts';
import { parseTarget } from './domain/duration.ts';
import { compileCondition } from './domain/pick-definition.ts';
import { readCalendars } from './storage/calendar-store.ts';
import { type DefinitionState, insertDefinition, readDefinitions } from './storage/definition-store.ts';

/** A definition as somebody wrote it: targets are ISO 8601. */
export interface WrittenDefinition {
  name: string;
  condition: string;
  rank: number;
  responseTarget?: string;
  resolutionTarget?: string;
  calendarId: string;
  active?: boolean;
}

export function definitionUseCases(database: Database) {
  async function find(id: string): Promise<DefinitionState> {
    const [definition] = await readDefinitions(database, sql`id = ${id}`);
    if (!definition) throw new AppError('not_found', `There is no definition "${id}".`);
    return definition;
  }

  /** What is stored of it. Throws AppError `invalid_input` with everything that is wrong. */
  async function check(written: WrittenDefinition) {
    const { name, condition, rank, calendarId, active = true } = written;
    const { targets, violations } = readTargets(written);
    violations.push(...findConditionFaults(condition));
    const [calendar] = await readCalendars(database, sql`id = ${calendarId}`);
    if (!calendar) violations.push({ pointer: '/calendarId', message: `there is no calendar "${calendarId}"` });
    if (violations.length > 0) throw new AppError('invalid_input', 'The definition cannot be used.', { violations });
    return { name, condition, rank, calendarId, active, targets };
  }

  return {
    find,

    async list({ limit = 50, after }: { limit?: number; after?: string }): Promise<{ items: DefinitionState[]; next?: string }> {
      const [rank, id] = after === undefined ? [] : decodeCursor(after, ['number', 'uuid'], 'rank');
      const where = rank === undefined ? sql`true` : sql`(rank, id) > (${rank}::int, ${id}::uuid)`;
      const rows = await readDefinitions(database, where, limit + 1);
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return { items, ...(rows.length > limit && last && { next: encodeCursor([last.rank, last.id], 'rank') }) };
    },

    async create<Answer>(written: WrittenDefinition, call: Call, answer: (definition: DefinitionState) => Answer): Promise<Answer> {
      const content = await check(written);
      const definition = { ...content, id: call.newId(), version: 1, createdAt: call.now, updatedAt: call.now, updatedBy: call.principal.name };
      return call.commit({ statements: [insertDefinition(definition)] }, answer(definition));
    },

    async replace<Answer>(
      id: string,
      expectedVersion: number,
      written: WrittenDefinition,
      call: Call,
      answer: (definition: DefinitionState) => Answer,
    ): Promise<Answer> {
      const [before, content] = await Promise.all([find(id), check(written)]);
      expectVersion('definition', before, expectedVersion);
      const definition = { ...before, ...content, version: before.version + 1, updatedAt: call.now, updatedBy: call.principal.name };
      return call.commit({ statements: [insertDefinition(definition)] }, answer(definition));
    },
  };
}

function readTargets(written: WrittenDefinition): { targets: DefinitionState['targets']; violations: FieldViolation[] } {
  const targets: DefinitionState['targets'] = {};
  const violations: FieldViolation[] = [];
  for (const kind of clockKinds) {
    const field = `${kind}Target` as const;
    const text = written[field];
    if (text === undefined) continue;
    const target = parseTarget(text);
    if (target !== undefined) targets[kind] = target;
    else {
      const message = `"${text}" is not a target; write working time in hours, minutes and seconds, such as PT8H30M, at most PT20000H`;
      violations.push({ pointer: `/${field}`, message });
    }
  }
  if (written.responseTarget === undefined && written.resolutionTarget === undefined) {
    violations.push({ pointer: '/resolutionTarget', message: 'a definition promises a response, a resolution or both; give at least one target' });
  }
  return { targets, violations };
}

function findConditionFaults(condition: string): readonly FieldViolation[] {
  try {
    compileCondition(condition);
    return [];
  } catch (error) {
    if (isAppError(error, 'invalid_input')) return error.violations;
    throw error;
  }
}
