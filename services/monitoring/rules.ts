import type { CreateRuleRequest, Rule, Source, UpdateRuleRequest, UpdateSourceRequest } from '../../generated/opora/monitoring/v1/monitoring.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { compileRuleCondition } from './domain/decide-incident.ts';
import { insertRule, readRules, readSources, updateRule, updateSource } from './storage/rule-store.ts';

export async function findRule(database: Database, id: string): Promise<Rule> {
  const [rule] = await readRules(database, sql`id = ${id}`);
  if (!rule) throw new AppError('not_found', `There is no rule "${id}".`);
  return rule;
}

export async function createRule(request: CreateRuleRequest, call: Call): Promise<Rule> {
  compileRuleCondition(request.condition);
  const at = new Date(call.now).toISOString();
  const rule: Rule = {
    ...request,
    id: call.newId(),
    impact: request.impact ?? 'medium',
    urgency: request.urgency ?? 'medium',
    enabled: true,
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
  return call.commit({ statements: [insertRule(rule)] }, rule);
}

export async function changeRule(database: Database, { id, expectedVersion, ...given }: UpdateRuleRequest, call: Call): Promise<Rule> {
  const before = await findRule(database, id);
  refuseOld(before.version, expectedVersion, `The rule "${before.name}"`);
  if (given.condition !== undefined) compileRuleCondition(given.condition);
  const rule: Rule = { ...before, ...given, version: before.version + 1, updatedAt: new Date(call.now).toISOString() };
  return call.commit({ statements: [updateRule(rule)] }, rule);
}

export async function changeSource(
  database: Database,
  { id, expectedVersion, itemLabels, withoutPort }: UpdateSourceRequest,
  call: Call,
): Promise<Source> {
  const before = (await readSources(database)).find((source) => source.id === id);
  if (!before) throw new AppError('not_found', `There is no source "${id}".`);
  refuseOld(before.version, expectedVersion, `The source "${id}"`);
  const source: Source = { id, itemLabels, withoutPort: withoutPort ?? before.withoutPort, version: before.version + 1 };
  return call.commit({ statements: [updateSource(source)] }, source);
}

function refuseOld(version: number, expected: number, what: string): void {
  if (expected !== 0 && version !== expected)
    throw new AppError('conflict', `${what} was changed meanwhile: it is at version ${version}. Read it again.`);
}
