import { deadlineApproaching } from '../../generated/opora/cmdb/v1/events.ts';
import type { Changes, Database } from '../../platform/postgres/database.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { countDays, nextReminder, toDay } from '../domain/reminders/next-reminder.ts';
import { type DueDeadline, noteTold, readDue } from './deadline-store.ts';

/** What is over for longer, in days, is left to the list: nobody is surprised by it any more. */
const longOver = 30;

/**
 * Announces the dates that are near, page by page: each once for each period before it, because telling it and noting that it is told are one commit.
 * Who was not there for some days tells the nearest alone.
 */
export async function remindOfDeadlines(
  { database, model }: { database: Database; model: CompiledModel },
  now: number,
  pageSize = 500,
): Promise<void> {
  const today = toDay(now);
  for (;;) {
    const page = await readDue(database, today, pageSize);
    if (page.length > 0) await database.commit({ ...tell(page, model, today), at: now });
    if (page.length < pageSize) return;
  }
}

function tell(page: readonly DueDeadline[], model: CompiledModel, today: string): Changes {
  const told = page.map((due) => {
    const remind = model.classes.get(due.class)?.reminding.find(({ name }) => name === due.attribute)?.remind;
    return { due, remind, nextOn: nextReminder({ on: due.on, remind: remind ?? [] }, today) };
  });
  const events = told.flatMap(({ due, remind }) => {
    const daysLeft = countDays(today, due.on);
    if (!remind || daysLeft < -longOver) return [];
    const { itemId, class: itemClass, name, attribute, on, owner, supportTeam, organisation } = due;
    return deadlineApproaching({
      itemId,
      class: itemClass,
      name,
      attribute,
      on,
      daysLeft,
      ...(owner !== null && !model.sensitive.has('owner') && { owner }),
      ...(supportTeam !== null && !model.sensitive.has('supportTeam') && { supportTeam }),
      ...(organisation !== null && !model.sensitive.has('organisation') && { organisation }),
    });
  });
  return { statements: [noteTold(told)], events };
}
