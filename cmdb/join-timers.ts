import type { Timers } from '../platform/timers/timers.ts';

/** Several who set timers in one service: each knows its own by their keys. */
export function joinTimers(...all: readonly Timers[]): Timers {
  return {
    async handle(due, now) {
      const changes = [];
      for (const timers of all) changes.push(await timers.handle(due, now));
      return {
        statements: changes.flatMap(({ statements = [] }) => statements),
        events: changes.flatMap(({ events = [] }) => events),
      };
    },
  };
}
