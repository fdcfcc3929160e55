import type * as contract from '../../generated/opora/cmdb/v1/model.ts';
import { AppError, type FieldViolation } from '../../platform/errors/app-error.ts';
import type { Loss } from '../domain/model/compare-models.ts';
import type { ModelChange } from '../domain/model/diff-models.ts';
import type { Migration } from '../domain/model/migration.ts';
import type { AttributeDefinition, ClassDefinition, ModelDefinition, RelationTypeDefinition } from '../domain/model/model.ts';
import { pointTo } from '../domain/model/pointer.ts';

// What people write, from the contract's messages and back. What says nothing (an empty list, false) is left out of a definition, so that equal ones look equal.

export function readDefinition({ classes, relationTypes }: contract.ModelDefinition): ModelDefinition {
  return { classes: classes.map(readClass), relationTypes: relationTypes.map(readRelationType) };
}

export function readClass(message: contract.ClassDefinition): ClassDefinition {
  const { name, parent, label, help, attributes, identifiers, states, initialState, controlled, mustRelate } = message;
  return {
    name,
    ...(parent !== undefined && { parent }),
    ...(message.abstract && { abstract: true }),
    label,
    ...(help && { help }),
    ...(hasEntries(attributes) && { attributes: mapValues(attributes, readAttribute) }),
    ...(identifiers.length > 0 && { identifiers }),
    ...(hasEntries(states) && { states }),
    ...(initialState !== undefined && { initialState }),
    ...(controlled.length > 0 && { controlled }),
    ...(mustRelate !== undefined && { mustRelate }),
  };
}

function readAttribute({
  list,
  required,
  searchable,
  sensitive,
  values,
  authority,
  remind,
  default: preset,
  ...rest
}: contract.AttributeDefinition): AttributeDefinition {
  return {
    ...rest,
    ...(list && { list }),
    ...(required && { required }),
    ...(preset !== undefined && { default: JSON.parse(preset) as unknown }),
    ...(values.length > 0 && { values }),
    ...(searchable && { searchable }),
    ...(sensitive && { sensitive }),
    ...(authority.length > 0 && { authority }),
    ...(remind.length > 0 && { remind }),
  };
}

export function readRelationType({ controlled, ...rest }: contract.RelationTypeDefinition): RelationTypeDefinition {
  return { ...rest, ...(controlled && { controlled }) };
}

/** Throws AppError `invalid_input` with all that is missing. */
export function readMigrations(messages: readonly contract.Migration[]): Migration[] {
  const violations: FieldViolation[] = [];
  const migrations = messages.flatMap((message, index) => {
    const missing = (needs[message.kind] ?? []).filter((field) => message[field] === undefined || message[field] === '');
    for (const field of missing) violations.push({ pointer: pointTo('/migrations', index, field), message: `is needed for ${message.kind}` });
    return missing.length > 0 ? [] : [readMigration(message, pointTo('/migrations', index), violations)];
  });
  if (violations.length > 0) throw new AppError('invalid_input', 'Some migrations say too little.', { violations });
  return migrations;
}

const needs: Readonly<Record<Migration['kind'], readonly ('attribute' | 'to' | 'from' | 'value')[]>> = {
  renameAttribute: ['attribute', 'to'],
  dropAttribute: ['attribute'],
  setDefault: ['attribute', 'value'],
  mapValue: ['attribute', 'from', 'value'],
  dropInvalid: ['attribute'],
  moveItems: ['to'],
};

function readMigration(message: contract.Migration, at: string, violations: FieldViolation[]): Migration {
  const { kind, class: name, attribute = '', to = '', from = '' } = message;
  const value: unknown = message.value === undefined ? undefined : JSON.parse(message.value);
  switch (kind) {
    case 'renameAttribute':
      return { kind, class: name, attribute, to };
    case 'dropAttribute':
    case 'dropInvalid':
      return { kind, class: name, attribute };
    case 'setDefault':
      return { kind, class: name, attribute, value };
    case 'mapValue':
      if (typeof value !== 'string') violations.push({ pointer: pointTo(at, 'value'), message: 'must be text: it takes the place of another text' });
      return { kind, class: name, attribute, from, value: String(value) };
    case 'moveItems':
      return { kind, class: name, to };
  }
}

export function writeMigration(migration: Migration): contract.Migration {
  if (!('value' in migration)) return { ...migration };
  const { value, ...rest } = migration;
  return { ...rest, ...(value !== undefined && { value: JSON.stringify(value) }) };
}

export function writeDefinition({ classes, relationTypes }: ModelDefinition): contract.ModelDefinition {
  return { classes: classes.map(writeClass), relationTypes: relationTypes.map(writeRelationType) };
}

function writeClass(definition: ClassDefinition): contract.ClassDefinition {
  const { attributes = {}, identifiers = [], states = {}, controlled = [], abstract: isAbstract = false, ...rest } = definition;
  return { ...rest, abstract: isAbstract, attributes: mapValues(attributes, writeAttribute), identifiers, states, controlled };
}

export function writeAttribute(definition: AttributeDefinition): contract.AttributeDefinition {
  const {
    type,
    label,
    help,
    unit,
    list,
    required,
    default: preset,
    values,
    pattern,
    minimum,
    maximum,
    maxLength,
    searchable,
    sensitive,
    authority,
    remind,
  } = definition;
  return {
    type,
    label,
    ...(help && { help }),
    ...(unit !== undefined && { unit }),
    list: list ?? false,
    required: required ?? false,
    ...(preset !== undefined && { default: JSON.stringify(preset) }),
    values: values ?? [],
    ...(pattern !== undefined && { pattern }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(maxLength !== undefined && { maxLength }),
    searchable: searchable ?? false,
    sensitive: sensitive ?? false,
    authority: authority ?? [],
    remind: remind ?? [],
  };
}

function writeRelationType({ controlled = false, ...rest }: RelationTypeDefinition): contract.RelationTypeDefinition {
  return { ...rest, controlled };
}

export function writeChange({ before, after, ...change }: ModelChange): contract.ModelChange {
  return { ...change, ...(before !== undefined && { before: JSON.stringify(before) }), ...(after !== undefined && { after: JSON.stringify(after) }) };
}

export function writeLoss({ kind, pointer, message, migration }: Loss): contract.ModelLoss {
  return { kind, pointer, message, ...(migration && { migration: writeMigration(migration) }) };
}

function hasEntries(map: object): boolean {
  return Object.keys(map).length > 0;
}

function mapValues<From, To>(map: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));
}
