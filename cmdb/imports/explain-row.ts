import type { Reason } from '../domain/identify/explain.ts';
import type { Reconciliation } from '../domain/identify/reconcile.ts';
import { labelAttributes } from '../sources/name-things.ts';
import type { ItemInput, RecordFate, RecordOutcome } from '../sources/source-page.ts';
import type { RowContext } from './decide-rows.ts';
import type { RecordRow } from './read-rows.ts';
import type { FateOfRow, RowOutcome } from './row-store.ts';

/** What became of a row that is a record, or what would become of it. */
export function explainRow(
  { row, key, record, notices }: RecordRow,
  input: ItemInput,
  { outcome, id, reasons }: RecordOutcome,
  reconciled: Reconciliation | undefined,
  { model, isCheck }: Pick<RowContext, 'model' | 'isCheck'>,
): RowOutcome {
  const fate = fates[outcome];
  const label = labelAttributes(model, input.class);
  const isNew = fate === 'created';
  // Those who decide do not tell a million times that nothing was there.
  const isPlain = reasons.every(({ code }) => code === 'attribute_invalid');
  return {
    row,
    fate,
    // A check makes no item.
    ...(id !== undefined && !(isNew && isCheck) && { itemId: id }),
    ...(record.name !== undefined && { name: record.name }),
    key,
    reasons: [...(isPlain ? plain(fate) : []), ...(record.id === undefined ? reasons : reasons.flatMap(tellNamed)), ...notices],
    changes: isNew ? [] : (reconciled?.changes ?? []).map(({ by, ...change }) => ({ ...change, label: label(change.attribute), source: by })),
    kept: (reconciled?.kept ?? []).map(({ attribute, value, offered, source, because }) => ({
      attribute,
      label: label(attribute),
      ...(value !== undefined && { before: value }),
      ...(offered !== undefined && { after: offered }),
      source,
      right: because,
    })),
  };
}

/** A row that names its item and says nothing that this does not say already. */
export function explainUnchanged({ row, key, record, notices }: RecordRow, itemId: string): RowOutcome {
  const named = record.name === undefined ? {} : { name: record.name };
  return { row, fate: 'unchanged', itemId, ...named, key, reasons: [unchanged, ...notices], changes: [], kept: [] };
}

const fates: Readonly<Record<RecordFate, FateOfRow>> = {
  created: 'created',
  updated: 'updated',
  unchanged: 'unchanged',
  duplicate_suspected: 'duplicate_suspected',
  class_change_proposed: 'class_change_proposed',
  rejected: 'rejected',
  // Only records of a snapshot wait.
  waiting: 'rejected',
};

/** How its item was found is no question where the row names it. */
function tellNamed(reason: Reason): Reason[] {
  if (reason.code === 'linked') return [named];
  return reason.code === 'agrees' || reason.code.startsWith('left_out_') ? [] : [reason];
}

const named: Reason = { code: 'named', ru: 'Строка сама называет единицу её номером.', en: 'The row itself names the item by its id.' };

function plain(fate: FateOfRow): Reason[] {
  return fate === 'created' ? [made] : fate === 'unchanged' ? [unchanged] : [];
}

const made: Reason = {
  code: 'nothing_found',
  ru: 'Такой единицы ещё не было: ни ключ, ни номера строки в CMDB не известны.',
  en: 'There was no such item: the CMDB knows neither the key of the row nor its numbers.',
};

const unchanged: Reason = { code: 'unchanged', ru: 'Единица уже такая, как сказано в строке.', en: 'The item is already what the row says.' };
