import { createHash } from 'node:crypto';
import { AppError } from '../../platform/errors/app-error.ts';
import { type Attributes, readAttributes, toCanonicalText } from '../domain/attributes.ts';
import type { Reason } from '../domain/identify/explain.ts';
import { tidyLookups } from '../domain/lookup.ts';
import { checkItem } from '../domain/model/check-item.ts';
import { isEmpty } from '../domain/model/check-value.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';

/** What a source says of one item, as it comes. */
export interface ItemInput {
  key: string;
  class: string;
  name: string;
  /** A JSON object: all that the source knows. Left out, what it said before stays. */
  attributes?: string;
  lookups: readonly string[];
  /** Keys of the items that it stands or runs on, by the type of relation. */
  hosts?: Readonly<Record<string, string>>;
  /** The item that a person says the record is about, when the key is new. */
  itemId?: string;
  /** What it does not say (attributes, lookups, a name that is '') stays as the source said it before: an empty cell of a list changes nothing. */
  isPartial?: boolean;
}

export interface RelationInput {
  type: string;
  fromKey: string;
  toKey: string;
}

export type RecordFate = 'created' | 'updated' | 'unchanged' | 'duplicate_suspected' | 'class_change_proposed' | 'rejected' | 'waiting';

/** What became of one record. */
export interface RecordOutcome {
  /** Of a relation: `FROM type TO`. */
  key: string;
  outcome: RecordFate;
  /** The item or relation; of a suspected duplicate the first of those that it may be. */
  id?: string;
  version?: number;
  reasons: readonly Reason[];
}

export interface ReadRecord extends Omit<ItemInput, 'attributes'> {
  hash: Buffer;
  /** As they came. */
  attributes?: Attributes;
}

/** A record as it is compared: the same hash for the same words, whatever the order of keys and lookups. */
export function readInput(input: ItemInput, pointer: string): ReadRecord {
  const { attributes: text, ...record } = input;
  const attributes = text === undefined ? undefined : readAttributes(text, pointer);
  const lookups = input.lookups.length > 0 ? tidyLookups(input.lookups) : input.lookups;
  const canonical = toCanonicalText([input.class, input.name, attributes ?? 0, lookups, input.hosts ?? {}]);
  return { ...record, lookups, ...(attributes && { attributes }), hash: createHash('md5').update(canonical).digest() };
}

/** The attributes as the model writes them. What does not fit is left out and told; the rest of the record is not lost for it. */
export function fitAttributes(model: CompiledModel, itemClass: string, attributes: Attributes): { attributes: Attributes; reasons: Reason[] } {
  const own = model.classes.get(itemClass);
  // What the record cannot be at all is told by those who identify it.
  if (!own || own.abstract) return { attributes, reasons: [] };
  const given = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value === null || !isEmpty(value)));
  const checked = checkItem(model, { class: itemClass, attributes: given }, { partial: true });
  const wrong = new Map(checked.violations.map(({ pointer, message }) => [nameAt(pointer), message]));
  if (wrong.size === 0) return { attributes: checked.attributes, reasons: [] };
  return {
    attributes: Object.fromEntries(Object.entries(checked.attributes).filter(([name]) => !wrong.has(name))),
    reasons: [...wrong].map(([name, message]) => ({
      code: 'attribute_invalid',
      ru: `${name}: значение не взято, оно не подходит модели (${message}).`,
      en: `${name}: the value was not taken, it does not fit the model (${message}).`,
    })),
  };
}

/** `/attributes/a~1b/0` is of `a/b`. */
function nameAt(pointer: string): string {
  return (pointer.split('/')[2] ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
}

export function reject(key: string, code: string, ru: string, en: string): RecordOutcome {
  return { key, outcome: 'rejected', reasons: [{ code, ru, en }] };
}

/** The record, or why it cannot be read. */
export function tryToRead(input: ItemInput, pointer: string): ReadRecord | RecordOutcome {
  try {
    return readInput(input, pointer);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const [violation] = error.violations;
    return reject(
      input.key,
      'unreadable',
      `Атрибуты нельзя сохранить: ${violation?.message}.`,
      `The attributes cannot be kept: ${violation?.message}.`,
    );
  }
}
