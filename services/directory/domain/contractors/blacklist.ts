import type { BlacklistEntry } from '../../../../generated/opora/directory/v1/contractors.ts';
import type { FieldViolation } from '../../../../platform/errors/app-error.ts';

/** What a contractor is to do; what is not known is not said, and forbidden by no entry about it. `at`: RFC 3339. */
export interface Engagement {
  customerId?: string;
  region?: string;
  workKind?: string;
  at: string;
}

type Scope = Pick<BlacklistEntry, 'scope' | 'customerId' | 'region' | 'workKind'>;

const fieldOf = { customer: 'customerId', region: 'region', work_kind: 'workKind' } as const;

/** Whether the entry forbids this work at that time. */
export function forbids({ active, startsAt, endsAt, ...entry }: BlacklistEntry, engagement: Engagement): boolean {
  const at = Date.parse(engagement.at);
  const isInForce = active && Date.parse(startsAt) <= at && (endsAt === undefined || at < Date.parse(endsAt));
  if (!isInForce || entry.scope === 'all') return isInForce;
  const field = fieldOf[entry.scope];
  return entry[field] !== undefined && entry[field] === engagement[field];
}

/** An entry says of its scope what it is, and of no other. */
export function checkBlacklistEntry(entry: Scope & Pick<BlacklistEntry, 'startsAt' | 'endsAt'>): FieldViolation[] {
  const wanted = entry.scope === 'all' ? undefined : fieldOf[entry.scope];
  const violations = Object.values(fieldOf).flatMap((field) => {
    if (field === wanted && entry[field] === undefined) return [{ pointer: `/${field}`, message: `is needed when the scope is ${entry.scope}` }];
    if (field !== wanted && entry[field] !== undefined)
      return [{ pointer: `/${field}`, message: `says nothing when the scope is ${entry.scope}: leave it out` }];
    return [];
  });
  if (entry.endsAt !== undefined && Date.parse(entry.endsAt) <= Date.parse(entry.startsAt))
    violations.push({ pointer: '/endsAt', message: 'must come after startsAt' });
  return violations;
}
