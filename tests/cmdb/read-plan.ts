import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';

interface Plan {
  'Node Type': string;
  'Index Name'?: string;
  'Index Cond'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

/** One node of a plan that reads. */
export interface Read {
  /** `Seq Scan` where it is none. */
  index: string;
  /** How many rows it read in all. */
  rows: number;
  condition: string;
}

/** Carries a query out and tells every node of its plan that reads. */
export async function readPlan(database: Database, statement: Statement): Promise<Read[]> {
  const [told] = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(sql`explain (analyze, timing off, format json) ${statement}`);
  const list = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(list)];
  return list(told?.['QUERY PLAN'][0].Plan as Plan)
    .filter((plan) => /Index/.test(plan['Node Type']) || plan['Node Type'] === 'Seq Scan')
    .map((plan) => ({
      index: plan['Index Name'] ?? plan['Node Type'],
      rows: (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'],
      condition: plan['Index Cond'] ?? '',
    }));
}
