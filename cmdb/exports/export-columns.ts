import { AppError, type FieldViolation } from '../../platform/errors/app-error.ts';
import type { ItemState } from '../domain/item.ts';
import type { CompiledModel, EffectiveAttribute } from '../domain/model/compile-model.ts';
import type { Label } from '../domain/model/model.ts';
import { labelWithUnit } from '../domain/sheets/label-with-unit.ts';
import { type OwnField, ownFields, ownLabels } from '../domain/sheets/sheet-class.ts';
import { refuseAsking } from '../rights/rights.ts';
import type { ListColumn } from '../sheets/list-column.ts';

/** A column of a list of items, and what stands in it. */
export interface ExportColumn extends ListColumn {
  read(item: ItemState): unknown;
}

export interface ColumnChoice {
  model: CompiledModel;
  /** Of the items of the list. */
  classes: readonly string[];
  language: keyof Label;
  /** What a person asked for, in this order; nothing: all that the classes have. */
  wanted: readonly string[];
  /** Attributes whose values are not shown. */
  masked: ReadonlySet<string>;
}

/** The columns of a list: the item's id, by which it is known again, its name, its class where there are several, attributes, other names. */
export function chooseColumns({ model, classes, language, wanted, masked }: ColumnChoice): ExportColumn[] {
  const attributes = new Map(classes.flatMap((name) => [...(model.classes.get(name)?.attributes ?? [])]));
  const known = new Set<string>([...ownFields, ...attributes.keys()]);
  const usual = ['id', 'name', ...(classes.length === 1 ? [] : ['class']), ...[...attributes.keys()].filter((name) => !masked.has(name)), 'lookups'];
  const names = wanted.length > 0 ? wanted.map((name) => name.replace(/^attributes\./, '')) : usual;
  const violations = names.flatMap((name, index): FieldViolation[] =>
    known.has(name) ? [] : [{ pointer: `/columns/${index}`, message: `is neither ${ownFields.join(', ')} nor an attribute of these items` }],
  );
  if (violations.length > 0) throw new AppError('invalid_input', 'There is no such column.', { violations });

  refuseAsking(
    { masked },
    names.map((attribute, index) => ({ attribute, pointer: `/columns/${index}` })),
  );

  const taken = new Set<string>();
  return [...new Set(names)].map((name) => {
    const attribute = attributes.get(name);
    const header = attribute ? labelWithUnit(attribute, language) : ownLabels[name as OwnField][language];
    // Two attributes of one label are told apart by their names, which an import knows too.
    const own = taken.has(header) ? name : header;
    taken.add(own);
    return attribute ? columnOf(attribute, own, model, language) : ownColumn(name as OwnField, own, model, language);
  });
}

function columnOf({ name, type, list }: EffectiveAttribute, header: string, model: CompiledModel, language: keyof Label): ExportColumn {
  const shared = { header, ...(list && { list }) };
  const read = ({ attributes }: ItemState) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined);
  if (type !== 'choice') return { ...shared, type, read };
  // Classes may have an attribute of one name with other choices.
  const labelOf = (item: ItemState, value: unknown) =>
    model.classes
      .get(item.class)
      ?.attributes.get(name)
      ?.values?.find((choice) => choice.value === value)?.label[language] ?? value;
  return {
    ...shared,
    type: 'text',
    read(item) {
      const value = read(item);
      return Array.isArray(value) ? value.map((one) => labelOf(item, one)) : labelOf(item, value);
    },
  };
}

function ownColumn(field: OwnField, header: string, model: CompiledModel, language: keyof Label): ExportColumn {
  switch (field) {
    case 'id':
    case 'name':
    case 'key':
      return { header, type: 'text', read: (item) => item[field] };
    case 'class':
      return { header, type: 'text', read: (item) => model.classes.get(item.class)?.label[language] ?? item.class };
    case 'lookups':
      return { header, type: 'text', list: true, read: ({ lookups }) => lookups };
  }
}
