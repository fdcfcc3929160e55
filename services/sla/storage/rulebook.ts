import { LRUCache } from 'lru-cache';
import type { Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { Condition } from '../../../platform/rules/rule-language.ts';
import type { RuleSet } from '../../../platform/rules/rule-set.ts';
import type { Pinned } from '../domain/clock.ts';
import { compileCondition, openRuleSet, type Rule } from '../domain/pick-definition.ts';
import { compileCalendar, type WorkingTime } from '../domain/working-time.ts';
import { readCalendars, readPinnedCalendars } from './calendar-store.ts';
import { readDefinitions } from './definition-store.ts';

export interface Rulebook {
  /** The active definitions as they are now, in the order of trying. */
  currentRules(): Promise<RuleSet<Rule>>;
  /** Gives the working time of all these calendars' versions at once; asking it for any other is a bug. */
  workingTimes(calendars: Iterable<Pinned>): Promise<(calendar: Pinned) => WorkingTime>;
}

/** Conditions are compiled once a text, rules indexed once for what they say, calendars compiled once a version: a version never changes, so only what is newest is asked for anew. */
export function openRulebook(database: Database): Rulebook {
  const conditions = new LRUCache<string, Condition>({ max: 5000 });
  const calendars = new LRUCache<string, WorkingTime>({ max: 500 });
  let indexed: { keys: string; rules: RuleSet<Rule> } | undefined;

  const conditionOf = (text: string): Condition => {
    const known = conditions.get(text);
    if (known) return known;
    const compiled = compileCondition(text);
    conditions.set(text, compiled);
    return compiled;
  };

  return {
    async currentRules() {
      const [definitions, newest] = await Promise.all([readDefinitions(database, sql`active`), readCalendars(database, sql`true`)]);
      const versions = new Map(newest.map(({ id, version }) => [id, version]));
      const calendarOf = (id: string) => ({ id, version: versions.get(id) ?? 0 });
      const found = definitions.map(({ id, version, name, condition, targets, calendarId }) => ({
        definition: { id, version, name },
        calendar: calendarOf(calendarId),
        targets,
        condition,
      }));
      // By all that they say: a version that a batch saw and that was taken back comes again with another content.
      const keys = JSON.stringify(found);
      if (indexed?.keys === keys) return indexed.rules;
      const rules = openRuleSet(found.map((rule) => ({ ...rule, condition: conditionOf(rule.condition) })));
      indexed = { keys, rules };
      return rules;
    },

    async workingTimes(wanted) {
      const held = new Map<string, WorkingTime>();
      const missing = new Map<string, Pinned>();
      for (const calendar of wanted) {
        const known = calendars.get(keyOf(calendar));
        if (known) held.set(keyOf(calendar), known);
        else missing.set(keyOf(calendar), calendar);
      }
      if (missing.size > 0) {
        for (const calendar of await readPinnedCalendars(database, [...missing.values()])) {
          const compiled = compileCalendar(calendar.rules);
          calendars.set(keyOf(calendar), compiled);
          held.set(keyOf(calendar), compiled);
        }
      }
      return (calendar) => {
        const time = held.get(keyOf(calendar));
        if (!time) throw new Error(`Calendar ${calendar.id} has no version ${calendar.version}.`);
        return time;
      };
    },
  };
}

function keyOf({ id, version }: Pinned): string {
  return `${id}:${version}`;
}
