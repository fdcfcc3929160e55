import type { PersonRecord } from '../../../../generated/opora/directory/v1/people.ts';
import type { Database } from '../../../../platform/postgres/database.ts';
import { findByExternalReference } from '../../records/record-store.ts';
import type { RecordKind } from '../../records/resource.ts';

/** What a record says by the ids of its own system, and the field of a person that it becomes. */
export const namedBySystem = {
  organization: { kind: 'organization', field: 'organizationId' },
  department: { kind: 'department', field: 'departmentId' },
  site: { kind: 'site', field: 'siteId' },
  schedule: { kind: 'work_schedule', field: 'scheduleId' },
} as const satisfies Partial<Record<keyof PersonRecord, { kind: RecordKind; field: string }>>;

export type NamedField = keyof typeof namedBySystem;
export const namedFields = Object.keys(namedBySystem) as NamedField[];

export type FindId = (kind: RecordKind, system: string, id: string) => string | undefined;

/** Whom the records of a page are and name, asked at once. */
export async function resolveReferences(database: Database, records: readonly PersonRecord[]): Promise<FindId> {
  const wanted = new Map<string, { kind: RecordKind; system: string; id: string }>();
  const want = (kind: RecordKind, system: string, id: string | undefined) => {
    if (id !== undefined) wanted.set(keyOf(kind, system, id), { kind, system, id });
  };
  for (const record of records) {
    const { system, id } = record.externalReference;
    want('person', system, id);
    want('person', system, record.manager);
    for (const { skill } of record.skills) want('skill', system, skill);
    for (const field of namedFields) want(namedBySystem[field].kind, system, record[field]);
  }
  const found = await findByExternalReference(database, [...wanted.values()]);
  const ids = new Map(found.map(({ kind, system, id, recordId }) => [keyOf(kind, system, id), recordId]));
  return (kind, system, id) => ids.get(keyOf(kind, system, id));
}

function keyOf(kind: string, system: string, id: string): string {
  return `${kind}\n${system}\n${id}`;
}
