import { hashText } from './hash-text.ts';
import { placeOf, type ReadingPlan, type RowFate, type SheetRecord } from './read-row.ts';
import { rememberRows } from './remember-rows.ts';
import { repeated } from './row-findings.ts';
import { labelTarget, type Target } from './sheet-class.ts';

interface Identity {
  targets: readonly Target[];
  label: { ru: string; en: string };
  firstRow: ReturnType<typeof rememberRows>;
}

/**
 * Gives a reader's fates as they are, but makes `repeated` of a record that has an identifier of an earlier one. Keeps a number or two for each identifier, not
 * the rows. `isPlaceholder` says which values identify nothing ("б/н", "000000").
 */
export function findRepeats(plan: ReadingPlan, isPlaceholder: (value: string) => boolean = saysNothing): (fate: RowFate) => RowFate {
  const identities = listIdentities(plan);
  const bodies = new Map<number, number>();
  return (fate) => {
    if (fate.fate !== 'record') return fate;
    const { record, row, notices } = fate;
    const body = hashText(JSON.stringify(record));
    for (const { targets, label, firstRow } of identities) {
      const values = targets.map((target) => textOf(record, target));
      if (values.some((value) => value === '' || isPlaceholder(value))) continue;
      const of = firstRow(values.map(fold).join('\n'), row);
      if (of !== undefined) {
        const isSame = bodies.get(of) === body.key;
        const column = plan.mapping.find(({ target }) => target === targets[0])?.column ?? 0;
        const place = placeOf(row, column, plan);
        return { row, fate: 'repeated', of, isSame, why: { ...repeated(of, label, values.join(', '), isSame), place }, notices };
      }
    }
    bodies.set(row, body.key);
    return fate;
  };
}

/** The native key, then the class's identifiers whose attributes are all read. One within a host needs its host, which a row does not name. */
function listIdentities({ mapping, class: itemClass }: ReadingPlan): Identity[] {
  const find = (name: string) => mapping.find(({ target }) => ('own' in target ? target.own === name : target.attribute === name))?.target;
  const key = find('key');
  const identities = itemClass.identifiers.flatMap(({ attributes, label, withinHost }) => {
    const targets = attributes.map(find).filter((target) => target !== undefined);
    return withinHost === undefined && targets.length === attributes.length && !attributes.includes('lookups')
      ? [{ targets, label, firstRow: rememberRows() }]
      : [];
  });
  const keyLabel = key && labelTarget(key, itemClass);
  return key && keyLabel ? [{ targets: [key], label: keyLabel, firstRow: rememberRows() }, ...identities] : identities;
}

function textOf(record: SheetRecord, target: Target): string {
  const value = 'own' in target ? record[target.own] : record.attributes[target.attribute];
  return value === undefined ? '' : String(value);
}

function fold(value: string): string {
  return value.normalize('NFC').toLowerCase().replaceAll('ё', 'е').replace(/\s+/g, ' ');
}

function saysNothing(value: string): boolean {
  return /^(?:б\/?н|без номера|отсутствует|нет|n\/a|none|unknown|default string|to be filled by o\.?e\.?m\.?|(.)\1{2,})$/i.test(value.trim());
}
