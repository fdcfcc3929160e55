import { AppError, type FieldViolation } from '../../platform/errors/app-error.ts';
import { raw, type Statement, sql } from '../../platform/postgres/sql.ts';
import { normaliseName } from '../domain/lookup.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { type AttributeCondition, judgeCondition } from '../domain/search/attribute-condition.ts';

/** Conditions on attributes as people write them (`memoryGb>=16`), as conditions on the table `item`. Throws AppError `invalid_input` with all that is wrong. */
export function readConditions(where: readonly string[], className: string | undefined, model: CompiledModel, at: string): Statement[] {
  const violations: FieldViolation[] = [];
  const statements = where.flatMap((text, index) => {
    const judged = judgeCondition(text, className, model);
    if ('condition' in judged) return [toSql(judged.condition)];
    violations.push({ pointer: `${at}/where/${index}`, message: judged.message });
    return [];
  });
  if (violations.length > 0) throw new AppError('invalid_input', 'A condition on an attribute cannot be understood.', { violations });
  return statements;
}

function toSql({ name, operator, value, type, isList }: AttributeCondition): Statement {
  const has = sql`attributes ? ${name}`;
  switch (operator) {
    case '?':
      return has;
    case '!?':
      return sql`not ${has}`;
    case '~': {
      const pattern = `%${normaliseName(String(value)).replace(/[\\%_]/g, '\\$&')}%`;
      return sql`replace(lower(attributes ->> ${name}), 'ё', 'е') like ${pattern}`;
    }
    case '=':
    case '!=': {
      const json = JSON.stringify(isList ? [value] : value);
      const isSame = isList ? sql`attributes -> ${name} @> ${json}::jsonb` : sql`attributes -> ${name} = ${json}::jsonb`;
      return operator === '=' ? isSame : sql`(${isSame}) is not true`;
    }
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const compare = raw(operator);
      if (type !== 'integer' && type !== 'decimal') return sql`attributes ->> ${name} ${compare} ${value}::text`;
      return sql`case jsonb_typeof(attributes -> ${name}) when 'number' then (attributes ->> ${name})::numeric ${compare} ${String(value)}::numeric end`;
    }
  }
}
