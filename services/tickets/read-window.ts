import type { PlannedWindow } from './domain/planned-window.ts';

/** A window of the contract. What is no moment becomes NaN, which `checkWindow` refuses. */
export function readWindow({ plannedStart, plannedEnd }: { plannedStart?: string | undefined; plannedEnd?: string | undefined }): PlannedWindow {
  return {
    ...(plannedStart !== undefined && { plannedStart: Date.parse(plannedStart) }),
    ...(plannedEnd !== undefined && { plannedEnd: Date.parse(plannedEnd) }),
  };
}
