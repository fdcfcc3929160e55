import type { Rule, Source } from '../../../generated/opora/monitoring/v1/monitoring.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { RuleSet } from '../../../platform/rules/rule-set.ts';
import { type CompiledRule, compileRuleCondition, openRuleSet } from '../domain/decide-incident.ts';

interface RuleRow extends Omit<Rule, 'groupBy' | 'createdAt' | 'updatedAt'> {
  group_by: string[];
  created_at: Date;
  updated_at: Date;
}

export async function readRules(database: Database, where: Statement = sql`true`): Promise<Rule[]> {
  const rows = await database.query<RuleRow>(
    sql`select id, name, rank, condition, action, impact, urgency, group_by, enabled, version, created_at, updated_at from rule where ${where} order by rank, id`,
  );
  return rows.map(({ group_by, created_at, updated_at, ...row }) => ({
    ...row,
    groupBy: group_by,
    createdAt: created_at.toISOString(),
    updatedAt: updated_at.toISOString(),
  }));
}

export function insertRule(rule: Rule): Statement {
  return sql`insert into rule (id, name, rank, condition, action, impact, urgency, group_by, enabled, version, created_at, updated_at)
    values (${rule.id}, ${rule.name}, ${rule.rank}, ${rule.condition}, ${rule.action}, ${rule.impact}, ${rule.urgency}, ${rule.groupBy}, ${rule.enabled},
      ${rule.version}, ${rule.createdAt}, ${rule.updatedAt})`;
}

export function updateRule(rule: Rule): Statement {
  return exactly(
    1,
    sql`update rule set name = ${rule.name}, rank = ${rule.rank}, condition = ${rule.condition}, action = ${rule.action}, impact = ${rule.impact},
      urgency = ${rule.urgency}, enabled = ${rule.enabled}, version = ${rule.version}, updated_at = ${rule.updatedAt}
      where id = ${rule.id} and version = ${rule.version - 1} returning 1`,
  );
}

/** Gives the enabled rules in their order: each is compiled, and all are indexed, once for their versions. */
export function rulebook(database: Database): () => Promise<RuleSet<CompiledRule>> {
  let compiled = new Map<string, CompiledRule>();
  let indexed = openRuleSet([]);
  return async () => {
    const rules = await readRules(database, sql`enabled`);
    const keys = rules.map(({ id, version }) => `${id}/${version}`);
    if (keys.join() === [...compiled.keys()].join()) return indexed;
    compiled = new Map(
      rules.map((rule, index) => {
        const key = keys[index] ?? '';
        return [key, compiled.get(key) ?? { rule, condition: compileRuleCondition(rule.condition) }];
      }),
    );
    indexed = openRuleSet([...compiled.values()]);
    return indexed;
  };
}

export async function readSources(database: Database): Promise<Source[]> {
  const rows = await database.query<{ id: string; item_labels: string[]; without_port: boolean; version: number }>(
    sql`select id, item_labels, without_port, version from source order by id`,
  );
  return rows.map((row) => ({ id: row.id, itemLabels: row.item_labels, withoutPort: row.without_port, version: row.version }));
}

export function updateSource(source: Source): Statement {
  return exactly(
    1,
    sql`update source set item_labels = ${source.itemLabels}, without_port = ${source.withoutPort}, version = ${source.version}
      where id = ${source.id} and version = ${source.version - 1} returning 1`,
  );
}
