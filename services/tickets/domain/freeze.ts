import type { FreezeScope } from '../../../generated/opora/tickets/v1/freezes.ts';
import type { FieldViolation } from '../../../platform/errors/app-error.ts';

/** A time in which nothing is to be changed, in epoch milliseconds: from `from` until, but not at, `to`. */
export interface Freeze {
  name: string;
  from: number;
  to: number;
  scope: FreezeScope;
  reason?: string;
  exemption?: { accounts: readonly string[]; note?: string };
}

/** What a change touches: its own items and what breaks with them. Classes with all that they inherit from. */
export interface Touched {
  organisations: ReadonlySet<string>;
  sites: ReadonlySet<string>;
  classes: ReadonlySet<string>;
  ids: ReadonlySet<string>;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const longestValue = 200;

export function checkFreeze({ from, to, scope: { kind, values } }: Pick<Freeze, 'from' | 'to' | 'scope'>): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (Number.isNaN(from)) violations.push({ pointer: '/from', message: 'is no moment; write it as 2026-12-25T00:00:00Z' });
  else if (Number.isNaN(to)) violations.push({ pointer: '/to', message: 'is no moment; write it as 2027-01-09T00:00:00Z' });
  else if (to <= from) violations.push({ pointer: '/to', message: 'must come after from' });
  if (kind === 'everything' && values.length > 0) {
    violations.push({ pointer: '/scope/values', message: 'are for other kinds of scope: leave them out, or say which kind they are of' });
  }
  if (kind !== 'everything' && values.length === 0)
    violations.push({ pointer: '/scope/values', message: `name at least one: which ${kind} is meant` });
  for (const [index, value] of values.entries()) {
    const pointer = `/scope/values/${index}`;
    if (kind === 'services' && !uuid.test(value)) violations.push({ pointer, message: 'is no id of an item' });
    else if (value.trim() === '' || value.length > longestValue) violations.push({ pointer, message: `must have 1 to ${longestValue} characters` });
  }
  return violations;
}

/** Those of the scope's values that the change touches; undefined when the freeze does not concern it. A freeze of everything needs none. */
export function findTouched({ kind, values }: FreezeScope, touched: Touched): string[] | undefined {
  if (kind === 'everything') return [];
  const among = { organisation: touched.organisations, site: touched.sites, class: touched.classes, services: touched.ids }[kind];
  const hit = values.filter((value) => among.has(value));
  return hit.length > 0 ? hit : undefined;
}
