import type { Statement } from '../../platform/postgres/sql.ts';
import type { ItemState } from '../domain/item.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { isQuiet, listDeadlines } from '../domain/reminders/list-deadlines.ts';
import { firstReminder, toDay } from '../domain/reminders/next-reminder.ts';
import type { ItemChange } from '../storage/item-store.ts';
import { dropDeadlines, type StoredDeadline, writeDeadlines } from './deadline-store.ts';

/** What is to be kept of an item's dates. */
export function toDeadlines(item: ItemState, model: CompiledModel, today: string): StoredDeadline[] {
  const deadlines = listDeadlines(item, model);
  if (deadlines.length === 0) return [];
  const { supportTeam } = item.attributes;
  return deadlines.map((deadline) => {
    const nextOn = firstReminder(deadline, today);
    return {
      itemId: item.id,
      attribute: deadline.attribute,
      class: item.class,
      ...(typeof supportTeam === 'string' && { supportTeam }),
      on: deadline.on,
      ...(nextOn !== undefined && { nextOn }),
      isQuiet: isQuiet(item, model),
    };
  });
}

/** What items that change make of their dates; nothing where they have none, or the same. */
export function followItems(changes: readonly ItemChange[], model: CompiledModel): Statement[] {
  const written: StoredDeadline[] = [];
  const gone: StoredDeadline[] = [];
  for (const { before, after } of changes) {
    const today = toDay(after.updatedAt);
    const old = new Map((before ? toDeadlines(before, model, today) : []).map((deadline) => [deadline.attribute, deadline]));
    for (const deadline of toDeadlines(after, model, today)) {
      const same = old.get(deadline.attribute);
      old.delete(deadline.attribute);
      if (!same || JSON.stringify(same) !== JSON.stringify(deadline)) written.push(deadline);
    }
    gone.push(...old.values());
  }
  return [...(gone.length > 0 ? [dropDeadlines(gone)] : []), ...(written.length > 0 ? [writeDeadlines(written)] : [])];
}
