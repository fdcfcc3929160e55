import { LRUCache } from 'lru-cache';
import type { Contract, GuardedContract } from '../contract/contract.ts';
import { type FieldViolation, isAppError } from '../errors/app-error.ts';
import { joinSql, type Statement, sql } from '../postgres/sql.ts';
import { type Grant, may, type Principal } from '../rpc/call.ts';
import type { Explanation } from '../rules/explain.ts';
import { type Columns, compileFilter, type Filter } from '../rules/filter-to-sql.ts';
import { type Condition, ruleLanguage } from '../rules/rule-language.ts';
import type { Fact, Shape } from '../rules/shape.ts';
import { readerOf, readerVariables } from './reader.ts';

/** An object's facts as its message has them: times are RFC 3339. */
export type ObjectFacts = object;

/** What grants give of one kind of object. A grant that is not understood gives nothing. */
export interface Guard {
  readonly object: GuardedContract;
  /** What is wrong with a grant of such objects, at its place. */
  findFaults(grant: Grant, pointer: string): FieldViolation[];
  /**
   * The objects for which the permission holds, as a condition on the columns; `uses`: fields that the query looks into, so that a grant that leaves one
   * of them out finds nothing by it. Null where it cannot be told, so it is no condition to negate.
   */
  whereHeld(principal: Principal, permission: string, uses?: readonly string[]): Statement;
  /** The same of one object: the fields that all grants which hold for it leave out; undefined when none holds. */
  judge(principal: Principal, permission: string, facts: ObjectFacts): ReadonlySet<string> | undefined;
  /** Why a grant holds for an object or not. */
  explain(principal: Principal, grant: Grant, facts: ObjectFacts): Explanation | undefined;
}

const mostConditions = 5_000;
const nothing: ReadonlySet<string> = new Set();

/** The guard of the objects that conditions call so. Without columns it is asked of objects at hand only. */
export function openGuard(contract: Contract, name: string, columns: Columns = {}): Guard {
  const object = contract.guarded.find((one) => one.name === name);
  if (!object) throw new Error(`The contract has no guarded object ${name}`);
  const language = ruleLanguage({ [name]: { fields: object.fields as Record<string, Shape> }, ...readerVariables });
  const compiled = new LRUCache<string, { condition: Condition; filter: Filter }>({ max: mostConditions });

  function compile(text: string, pointer = '/condition') {
    const known = compiled.get(text);
    if (known) return known;
    const condition = language.condition(text, pointer);
    const fresh = { condition, filter: compileFilter(condition, Object.keys(columns).length > 0 ? columns : stand, pointer) };
    compiled.set(text, fresh);
    return fresh;
  }
  /** For the check of whether a condition could be asked of a table, where there is none. */
  const stand = standIn(object);

  /** The grants that are understood; a role's condition may be older than the contract. */
  function grantsOf(principal: Principal, permission: string) {
    return (principal.grants ?? []).flatMap((grant) => {
      if (grant.permission !== permission || grant.condition === undefined || Object.keys(grant.where).length > 0) return [];
      try {
        return [{ ...compile(grant.condition), without: grant.without ?? [] }];
      } catch (error) {
        if (isAppError(error, 'invalid_input')) return [];
        throw error;
      }
    });
  }

  return {
    object,

    findFaults({ permission, where, condition, without = [] }, pointer) {
      const leavable = permission === object.reads ? object.maskable : object.lockable;
      const faults = without.flatMap((field, index) =>
        leavable.includes(field)
          ? []
          : [{ pointer: `${pointer}/without/${index}`, message: `cannot be left out; these can: ${leavable.join(', ')}` }],
      );
      if (Object.values(where).some((values) => values.length > 0))
        faults.push({ pointer: `${pointer}/where`, message: `is for items; say it of a ${name} in condition` });
      if (condition === undefined)
        return [...faults, { pointer: `${pointer}/condition`, message: `is required: for which of them it holds, as ${name}.… == me.id` }];
      try {
        compile(condition, `${pointer}/condition`);
        return faults;
      } catch (error) {
        if (isAppError(error, 'invalid_input')) return [...faults, ...error.violations];
        throw error;
      }
    },

    whereHeld(principal, permission, uses = []) {
      if (may(principal, permission)) return sql`true`;
      const me = readerOf(principal);
      const ways = grantsOf(principal, permission)
        .filter(({ without }) => !without.some((field) => uses.includes(field)))
        .map(({ filter }) => filter(me))
        // What is not true of anybody is not asked.
        .filter(({ strings }) => strings.join() !== 'false');
      return ways.length === 0 ? sql`false` : sql`(${joinSql(ways, ' or ')})`;
    },

    judge(principal, permission, facts) {
      if (may(principal, permission)) return nothing;
      const asked = { ...readerOf(principal), [name]: toFact(facts, object) };
      const holding = grantsOf(principal, permission).filter(({ condition }) => condition.evaluate(asked).matches);
      const [first, ...others] = holding;
      return first && new Set(first.without.filter((field) => others.every(({ without }) => without.includes(field))));
    },

    explain(principal, grant, facts) {
      if (grant.condition === undefined) return undefined;
      return compile(grant.condition).condition.explain({ ...readerOf(principal), [name]: toFact(facts, object) });
    },
  };
}

/** Facts as the rule language has them: times are moments. */
function toFact(facts: ObjectFacts, { fields }: GuardedContract): Fact {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, shape]) => {
      const value = (facts as Readonly<Record<string, unknown>>)[field];
      if (value === undefined) return [];
      return [[field, shape.startsWith('timestamp') ? new Date(value as string) : (value as string)]];
    }),
  );
}

function standIn({ name, fields }: GuardedContract): Columns {
  const types = { string: 'text', double: 'double precision', bool: 'boolean', timestamp: 'timestamptz', 'list<string>': 'text[]' } as const;
  return Object.fromEntries(
    Object.entries(fields).map(([field, shape]) => [
      `${name}.${field}`,
      { sql: sql`null`, type: types[shape.replace('?', '') as keyof typeof types] },
    ]),
  );
}
