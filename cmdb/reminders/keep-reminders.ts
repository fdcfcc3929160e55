import type { Statement } from '../../platform/postgres/sql.ts';
import { setTimers, type Timers } from '../../platform/timers/timers.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { toDay } from '../domain/reminders/next-reminder.ts';
import { freshFor, type Models } from '../model/models.ts';
import type { PageParts } from '../sources/take-page.ts';
import { collectDeadlines, listReminding } from './collect-deadlines.ts';
import { remindOfDeadlines } from './remind.ts';

const day = 24 * 3_600_000;

export type ReminderKeeping = PageParts & { models: Pick<Models, 'find'> };

/** Today's reminders are due at once: whoever starts tells what was missed while nobody was there. */
export function beginReminders(now: number): Statement {
  return setTimers([{ key: `remind/${toDay(now)}`, due: now }]);
}

/** What a new version of the model makes of the dates that items have; nothing when it reminds of the same. */
export function followModel(before: CompiledModel, after: CompiledModel, version: number, now: number): Statement[] {
  if (toCanonicalText(listReminding(before)) === toCanonicalText(listReminding(after))) return [];
  // By then every process knows the version, and keeps the dates of what it writes itself.
  return [setTimers([{ key: `collect-deadlines/${version}`, due: now + 2 * freshFor }])];
}

/** Reminds once a day, and keeps up with the model. */
export function keepReminders({ database, model, models }: ReminderKeeping): Timers {
  return {
    async handle(due, now) {
      for (const { key } of due) {
        const version = /^collect-deadlines\/(\d+)$/.exec(key)?.[1];
        if (version !== undefined) await collectDeadlines({ database, model: await models.find(Number(version)) }, now);
      }
      if (!due.some(({ key }) => key.startsWith('remind/'))) return {};
      await remindOfDeadlines({ database, model: await model() }, now);
      const tomorrow = Date.parse(toDay(now + day));
      return { statements: [setTimers([{ key: `remind/${toDay(tomorrow)}`, due: tomorrow }])] };
    },
  };
}
