import type { ExternalReference } from '../../../generated/opora/directory/v1/records.ts';
import type { NewEvent } from '../../../platform/bus/event.ts';
import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import type { Statement } from '../../../platform/postgres/sql.ts';

/** The kinds of records; each is also the name of its table. */
export type RecordKind =
  | 'organization'
  | 'legal_entity'
  | 'site'
  | 'department'
  | 'person'
  | 'team'
  | 'skill'
  | 'work_schedule'
  | 'absence'
  | 'agreement'
  | 'blacklist_entry';

/** What all records have. A record is kept in the shape of its message in the contract, so nothing is mapped on the way out. */
export interface RecordState {
  id: string;
  version: number;
  createdAt: string;
  updatedAt: string;
  active: boolean;
  externalReferences: ExternalReference[];
}

/** How a field is kept: its column has the same name in snake_case. `texts` and `list` are lists, which are empty rather than absent. */
export type FieldType = 'text' | 'integer' | 'number' | 'boolean' | 'reference' | 'date' | 'moment' | 'texts' | 'list';

/** Another record that this one names; `pointer` is where. */
export interface Reference {
  kind: RecordKind;
  id: string;
  pointer: string;
}

/**
 * A kind of record, declared: from it the records package stores, lists, searches, changes and tells the history of it. `State` is the message
 * of the contract that tells it.
 */
export interface Resource<State extends RecordState> {
  kind: RecordKind;
  /** For sentences: `an organisation`. */
  noun: string;
  /** Every field but those of RecordState. */
  fields: Readonly<Record<Exclude<keyof State, keyof RecordState> & string, FieldType>>;
  /** What a new one has unless told. */
  defaults: Partial<State>;
  /** Fields by which a list is ordered; the first one is the order unless told. */
  sorts: Readonly<Record<string, { column: string; type: 'string' | 'time' }>>;
  /** What a list can be narrowed by: the condition for a value of the request. */
  filters: Readonly<Record<string, (value: never) => Statement>>;
  /** What it is found by. */
  words(state: State): (string | undefined)[];
  /** The field that names its parent, when the records make a tree. */
  parent?: keyof State & string;
  /** One form for equal values; it runs before `check`. */
  tidy?(state: State): State;
  /** All that is wrong with it by itself. */
  check?(state: State): FieldViolation[];
  /** All that is wrong with it beside others; asked when it is sound by itself. */
  checkBeside?(state: State, database: Database): Promise<FieldViolation[]>;
  references(state: State): Reference[];
  announce(state: State, change: 'created' | 'updated'): NewEvent;
}

/** A record as it was (undefined: it is new) and as it is from now on. */
export interface Step<State extends RecordState> {
  before?: State | undefined;
  after: State;
}

/** The fields of every record that people change, beside those that the resource declares. */
const common: Readonly<Record<string, FieldType>> = { active: 'boolean', externalReferences: 'list' };

/** All fields that can change, with their types. */
export function fieldsOf(resource: Pick<Resource<never>, 'fields'>): Readonly<Record<string, FieldType>> {
  return { ...(resource.fields as Record<string, FieldType>), ...common };
}

export function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
