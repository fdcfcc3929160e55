import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, joinSql, plannedAnew, raw, type Statement, sql } from '../../../platform/postgres/sql.ts';
import { foldWords } from '../domain/records/fold-words.ts';
import { columnOf, type FieldType, fieldsOf, type RecordState, type Resource, type Step } from './resource.ts';

type AnyResource<State extends RecordState> = Pick<Resource<State>, 'kind' | 'fields' | 'words'>;

/** Records of which `rest` is so: what comes after `from table where`. */
export async function readRecords<State extends RecordState>(database: Database, resource: AnyResource<State>, rest: Statement): Promise<State[]> {
  const rows = await database.query<Record<string, unknown>>(sql`select ${raw(selectListOf(resource))} from ${raw(resource.kind)} r where ${rest}`);
  return rows.map((row) => toState<State>(row));
}

/** The same, each with its place in an order: the value of that column, times as RFC 3339. */
export async function readPlacedRecords<State extends RecordState>(
  database: Database,
  resource: AnyResource<State>,
  order: { column: string; type: 'string' | 'time' },
  rest: Statement,
): Promise<{ state: State; place: string }[]> {
  const place = expressionOf(`r.${order.column}`, order.type === 'time' ? 'moment' : 'text');
  const rows = await database.query<{ place: string }>(
    plannedAnew(sql`select ${raw(selectListOf(resource))}, ${raw(place)} as place from ${raw(resource.kind)} r where ${rest}`),
  );
  return rows.map(({ place: at, ...row }) => ({ place: at, state: toState<State>(row) }));
}

/** The columns are selected by the fields that the resource declares, so a row without its nulls is a state. */
function toState<State extends RecordState>(row: Record<string, unknown>): State {
  return withoutNulls(row) as unknown as State;
}

/** Writes records as they are from now on, one statement however many they are; each must still have the version before. */
export function writeRecords<State extends RecordState>(resource: AnyResource<State>, steps: readonly Step<State>[]): Statement {
  const columns = columnsOf(resource);
  const list = columns.map(({ column }) => column).join(', ');
  const changed = columns.filter(({ column }) => column !== 'id' && column !== 'created_at');
  const set = changed.map(({ column }) => `${column} = excluded.${column}`).join(', ');
  const table = resource.kind;
  const rows = steps.map(({ after }) =>
    Object.fromEntries(
      columns.map(({ field, column }) => [column, column === 'search' ? searchTextOf(resource, after) : after[field as keyof State & string]]),
    ),
  );
  return exactly(
    steps.length,
    sql`insert into ${raw(table)} (${raw(list)}) select ${raw(list)} from json_populate_recordset(null::${raw(table)}, ${JSON.stringify(rows)}::json)
      on conflict (id) do update set ${raw(set)} where ${raw(table)}.version = excluded.version - 1 returning 1`,
  );
}

/** What changes among the names that other systems have for records. */
export function writeExternalReferences<State extends RecordState>({ kind }: AnyResource<State>, steps: readonly Step<State>[]): Statement[] {
  const gone = steps.flatMap(({ before, after }) => notIn(before?.externalReferences ?? [], after).map((one) => ({ ...one, recordId: after.id })));
  const come = steps.flatMap(({ before, after }) =>
    (before ? notIn(after.externalReferences, before) : after.externalReferences).map((one) => ({ ...one, recordId: after.id })),
  );
  const key = ({ system, id }: { system: string; id: string }) => JSON.stringify([system, id]);
  const moved = new Set(come.map(key));
  const listed = (all: typeof come) => sql`json_to_recordset(${JSON.stringify(all)}::json) as n(system text, id text, "recordId" uuid)`;
  const removed = gone.filter((one) => !moved.has(key(one)));
  const left = new Set(gone.map(key));
  const added = come.filter((one) => !left.has(key(one)));
  const passed = come.filter((one) => left.has(key(one)));
  return [
    ...(removed.length > 0
      ? [
          sql`delete from external_reference e using ${listed(removed)} where e.kind = ${kind} and e.system = n.system and e.external_id = n.id and e.record_id = n."recordId"`,
        ]
      : []),
    ...(passed.length > 0
      ? [
          sql`update external_reference e set record_id = n."recordId" from ${listed(passed)} where e.kind = ${kind} and e.system = n.system and e.external_id = n.id`,
        ]
      : []),
    ...(added.length > 0
      ? [
          sql`insert into external_reference (kind, system, external_id, record_id) select ${kind}, n.system, n.id, n."recordId" from ${listed(added)}`,
        ]
      : []),
  ];
}

/** Those who are known to other systems by these names. */
export async function findByExternalReference(
  database: Database,
  wanted: readonly { kind: string; system: string; id: string }[],
): Promise<{ kind: string; system: string; id: string; recordId: string }[]> {
  if (wanted.length === 0) return [];
  return database.query(
    sql`select e.kind, e.system, e.external_id as id, e.record_id as "recordId"
      from (select distinct kind, system, id from json_to_recordset(${JSON.stringify(wanted)}::json) as w(kind text, system text, id text)) w
      join external_reference e on e.kind = w.kind and e.system = w.system and e.external_id = w.id`,
  );
}

/** A condition: the record is known to this system by this name. */
export function isKnownAs(kind: string, system: string, id: string): Statement {
  return sql`r.id in (select e.record_id from external_reference e where e.kind = ${kind} and e.system = ${system} and e.external_id = ${id})`;
}

function notIn(references: RecordState['externalReferences'], other: RecordState): RecordState['externalReferences'] {
  return references.filter(({ system, id }) => !other.externalReferences.some((one) => one.system === system && one.id === id));
}

function searchTextOf<State extends RecordState>(resource: AnyResource<State>, state: State): string {
  return foldWords(resource.words(state).join(' '));
}

function columnsOf<State extends RecordState>(resource: AnyResource<State>): { field: string; column: string; type: FieldType }[] {
  const own = Object.entries(fieldsOf(resource as never)).map(([field, type]) => ({ field, column: columnOf(field), type }));
  return [
    { field: 'id', column: 'id', type: 'reference' },
    { field: 'version', column: 'version', type: 'integer' },
    { field: 'createdAt', column: 'created_at', type: 'moment' },
    { field: 'updatedAt', column: 'updated_at', type: 'moment' },
    ...own,
    { field: 'search', column: 'search', type: 'text' },
  ];
}

/** Times and dates come as the text that the contract has, so that a row is a message but for its nulls. */
function selectListOf<State extends RecordState>(resource: AnyResource<State>): string {
  return columnsOf(resource)
    .filter(({ column }) => column !== 'search')
    .map(({ field, column, type }) => `${expressionOf(`r.${column}`, type)} as "${field}"`)
    .join(', ');
}

function expressionOf(column: string, type: FieldType): string {
  if (type === 'moment') return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return type === 'date' ? `to_char(${column}, 'YYYY-MM-DD')` : column;
}

function withoutNulls(row: Record<string, unknown>): Record<string, unknown> {
  for (const field of Object.keys(row)) if (row[field] === null) delete row[field];
  return row;
}

/** `a and b and …` */
export function allOf(conditions: readonly Statement[]): Statement {
  return conditions.length === 0 ? sql`true` : joinSql(conditions, ' and ');
}
