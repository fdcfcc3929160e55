import { hashText } from './hash-text.ts';
import { placeOf, type ReadingPlan, type RowFate, type SheetRecord } from './read-row.ts';
import { repeated } from './row-findings.ts';
import { labelTarget, type Target } from './sheet-class.ts';

interface Identity {
  targets: readonly Target[];
  label: { ru: string; en: string };
  rows: Map<number, number>;
}

/** Rows and the check of an identity share one number: rows take 21 bits, the check what is left of 53. */
const rowBits = 2 ** 21;

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
    for (const { targets, label, rows } of identities) {
      const values = targets.map((target) => textOf(record, target));
      if (values.some((value) => value === '' || isPlaceholder(value))) continue;
      const { key, check } = hashText(values.map(fold).join('\n'));
      const known = rows.get(key);
      if (known === undefined) rows.set(key, row + rowBits * (check % 2 ** 31));
      else if (Math.floor(known / rowBits) === check % 2 ** 31) {
        const of = known % rowBits;
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
      ? [{ targets, label, rows: new Map() }]
      : [];
  });
  const keyLabel = key && labelTarget(key, itemClass);
  return key && keyLabel ? [{ targets: [key], label: keyLabel, rows: new Map() }, ...identities] : identities;
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
