/** A word for people in both languages. */
export interface Label {
  ru: string;
  en: string;
}

/** `item` is the id of another item; dates, times and durations are ISO 8601. */
export const attributeTypes = [
  'text',
  'integer',
  'decimal',
  'boolean',
  'date',
  'time',
  'choice',
  'ip',
  'mac',
  'mail',
  'link',
  'item',
  'json',
] as const;
export type AttributeType = (typeof attributeTypes)[number];

export interface AttributeDefinition {
  type: AttributeType;
  label: Label;
  help?: Label;
  /** As it is shown behind a number: kW, m³/h, ГБ. */
  unit?: string;
  /** The value is an array of values of the type. */
  list?: boolean;
  required?: boolean;
  default?: unknown;
  /** Of a choice: what may be chosen. */
  values?: { value: string; label: Label }[];
  /** Of a text: an ECMA-262 regular expression that the whole text must match. */
  pattern?: string;
  /** Of a number. */
  minimum?: number;
  maximum?: number;
  /** Characters of a text. */
  maxLength?: number;
  searchable?: boolean;
  /** Shown only to those who may see sensitive attributes. */
  sensitive?: boolean;
  /**
   * Sources, best first: a later one may not overwrite a value of an earlier one unless the earlier one has been silent for `staleAfter` (ISO 8601
   * duration). Sources not named come last, all alike; `manual` (a person) stands first unless named.
   */
  authority?: { source: string; staleAfter?: string }[];
  /** Of a date or a time: how long before it people are reminded, in whole days (ISO 8601 durations). */
  remind?: string[];
}

/** What, when all of it is there and none of it is a placeholder, tells which item a record is about. */
export interface IdentifierEntry {
  scheme: string;
  /** Names of attributes; `name` and `lookups` are the item's own. */
  attributes: string[];
  /** Dependent: the value counts only together with the host that the record names through this relation type. */
  withinHost?: string;
  /** What a match means when an entry before this one is there on both sides and differs: a person must say (default), or it is another thing. */
  contradicted?: 'ask' | 'another';
  label: Label;
}

export interface LifecycleState {
  label: Label;
  phase: 'planned' | 'active' | 'maintenance' | 'retired';
}

export interface ClassDefinition {
  name: string;
  parent?: string;
  /** No item is of an abstract class itself. */
  abstract?: boolean;
  label: Label;
  help?: Label;
  attributes?: Record<string, AttributeDefinition>;
  /** In the order in which they are tried, after the native id at the source; the parent's come after. */
  identifiers?: IdentifierEntry[];
  /** Take the place of the parent's. */
  states?: Record<string, LifecycleState>;
  initialState?: string;
  /** Attributes (or `*`) whose change needs an approved change ticket; otherwise the version is marked unauthorised. */
  controlled?: string[];
  /** Its items make sense only together with others: one in use without any relation is an orphan. As the parent has it unless told. */
  mustRelate?: boolean;
}

/** Which way failure travels along a relation: `forward` from its `from` to its `to`, `backward` from `to` to `from`. */
export type Failure = 'forward' | 'backward' | 'both' | 'none';

export type Cardinality = 'one_to_one' | 'one_to_many' | 'many_to_one' | 'many_to_many';

/** How two items may be related: read `from` label `to`, `to` inverse `from`. */
export interface RelationTypeDefinition {
  name: string;
  label: Label;
  inverse: Label;
  help?: Label;
  failure: Failure;
  /** How much of a failure gets through, 0 to 1; 1 unless told. */
  weight?: number;
  /** Names of classes, their subclasses included. */
  ends: { from: string; to: string }[];
  /** How many `from` a `to` may have, and how many `to` a `from`: many_to_one is many `from` of one `to`, and each `from` has one. many_to_many unless told. */
  cardinality?: Cardinality;
  controlled?: boolean;
}

/** The whole model as it is written, published and versioned. */
export interface ModelDefinition {
  classes: ClassDefinition[];
  relationTypes: RelationTypeDefinition[];
}
