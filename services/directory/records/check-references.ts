import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { joinSql, raw, sql } from '../../../platform/postgres/sql.ts';
import { findByExternalReference } from './record-store.ts';
import type { RecordKind, RecordState, Reference } from './resource.ts';

const words: Readonly<Record<RecordKind, string>> = {
  organization: 'organisation',
  legal_entity: 'legal entity',
  site: 'site',
  department: 'department',
  person: 'person',
  team: 'team',
  skill: 'skill',
  work_schedule: 'work schedule',
  absence: 'absence',
  agreement: 'agreement',
  blacklist_entry: 'entry of the blacklist',
};

/** References to records that are not there. Records are never deleted, so what is there stays there. */
export async function findMissing(database: Database, references: readonly Reference[]): Promise<FieldViolation[]> {
  const wanted = new Map<RecordKind, Set<string>>();
  for (const { kind, id } of references) wanted.set(kind, (wanted.get(kind) ?? new Set()).add(id.toLowerCase()));
  if (wanted.size === 0) return [];
  const known = await database.query<{ kind: RecordKind; id: string }>(
    joinSql(
      [...wanted].map(([kind, ids]) => sql`select ${kind} as kind, id from ${raw(kind)} where id = any(${[...ids]}::uuid[])`),
      ' union all ',
    ),
  );
  const found = new Set(known.map(({ kind, id }) => `${kind} ${id}`));
  return references.flatMap(({ kind, id, pointer }) =>
    found.has(`${kind} ${id.toLowerCase()}`) ? [] : [{ pointer, message: `there is no ${words[kind]} with this id` }],
  );
}

/** External references that name another record already, or twice the same. */
export async function findTaken(database: Database, kind: RecordKind, { id, externalReferences }: RecordState): Promise<FieldViolation[]> {
  const seen = new Set<string>();
  const violations: FieldViolation[] = [];
  for (const [index, reference] of externalReferences.entries()) {
    const key = JSON.stringify([reference.system, reference.id]);
    if (seen.has(key)) violations.push({ pointer: `/externalReferences/${index}`, message: 'stands here twice' });
    seen.add(key);
  }
  const known = await findByExternalReference(
    database,
    externalReferences.map((reference) => ({ kind, ...reference })),
  );
  for (const { system, id: external, recordId } of known) {
    if (recordId === id) continue;
    const index = externalReferences.findIndex((one) => one.system === system && one.id === external);
    violations.push({ pointer: `/externalReferences/${index}`, message: `is ${recordId} already: change that one, or merge the two` });
  }
  return violations;
}
