import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { PlannedWindow } from '../domain/planned-window.ts';

/** Changes that are not over, whose windows have a moment in common with this one, and that are about any of the items, as a condition on `ticket`. */
export function plannedWithin({ plannedStart, plannedEnd }: Required<PlannedWindow>, items: readonly string[]): Statement {
  return foundFirst(sql`not is_over and planned_start is not null and items && ${items}::uuid[] and type = 'change'
    and planned_start < ${new Date(plannedEnd)} and planned_end > ${new Date(plannedStart)}`);
}

/** Incidents that are not over and that are about any of the items, as a condition on `ticket`. */
export function openIncidentsAbout(items: readonly string[]): Statement {
  return foundFirst(sql`not is_over and items <> '{}' and items && ${items}::uuid[] and type = 'incident'`);
}

/** They are few, and found before they are ordered: else PostgreSQL may go through all tickets in the order that is asked for until it has enough. */
function foundFirst(where: Statement): Statement {
  return sql`id = any(array(select id from ticket where ${where}))`;
}
