import type { Absence } from '../../../generated/opora/directory/v1/absences.ts';
import { absenceChanged } from '../../../generated/opora/directory/v1/events.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { findDeputyRing } from '../domain/absences/deputies.ts';
import { ordersByTime, referencesIn } from '../records/declare.ts';
import type { Resource } from '../records/resource.ts';
import { readPeriodsOfDeputies } from './absence-store.ts';

export const absence: Resource<Absence> = {
  kind: 'absence',
  noun: 'an absence',
  fields: { personId: 'reference', kind: 'text', startsAt: 'moment', endsAt: 'moment', deputyId: 'reference', comment: 'text' },
  defaults: {},
  sorts: { startsAt: { column: 'starts_at', type: 'time' }, ...ordersByTime },
  filters: {
    personId: (id: string) => sql`r.person_id = ${id}`,
    deputyId: (id: string) => sql`r.deputy_id = ${id}`,
    kind: (kind: string) => sql`r.kind = ${kind}`,
    active: (active: boolean) => sql`r.active = ${active}`,
    from: (from: string) => sql`r.ends_at > ${from}::timestamptz`,
    to: (to: string) => sql`r.starts_at < ${to}::timestamptz`,
  },
  words: ({ comment }) => [comment],
  check({ personId, startsAt, endsAt, deputyId }) {
    return [
      ...(Date.parse(endsAt) > Date.parse(startsAt) ? [] : [{ pointer: '/endsAt', message: 'must come after startsAt' }]),
      ...(deputyId === personId ? [{ pointer: '/deputyId', message: 'nobody stands in for themselves: name another, or leave it out' }] : []),
    ];
  },
  /** Whoever stands in must not, by further deputies, come back to the one who is away. */
  async checkBeside({ id, personId, startsAt, endsAt, deputyId, active }, database) {
    if (deputyId === undefined || !active) return [];
    const period = { personId, start: Date.parse(startsAt), end: Date.parse(endsAt), deputyId };
    const ring = findDeputyRing(period, await readPeriodsOfDeputies(database, deputyId, period.start, period.end, id));
    if (ring === undefined) return [];
    const message = `at ${new Date(ring).toISOString()} this would lead back to the one who is away: name somebody who is there`;
    return [{ pointer: '/deputyId', message }];
  },
  references: (state) => referencesIn(state, { personId: 'person', deputyId: 'person' }),
  announce: ({ id, active, personId, deputyId, startsAt, endsAt, version }, change) =>
    absenceChanged({ absenceId: id, change, active, personId, ...(deputyId !== undefined && { deputyId }), startsAt, endsAt, version }),
};
