import type { Timers } from '../platform/timers/timers.ts';

/** A service has one set of timers: each part is told of all, and knows its own by their keys. */
export function routeTimers(...parts: readonly Timers[]): Timers {
  return {
    async handle(due, now) {
      const changes = [];
      for (const part of parts) changes.push(await part.handle(due, now));
      return { statements: changes.flatMap(({ statements = [] }) => statements), events: changes.flatMap(({ events = [] }) => events) };
    },
  };
}
