import { alertBound, alertUnbound, type MonitoringEvent } from '../../generated/opora/monitoring/v1/events.ts';
import type { Changes } from '../../platform/postgres/database.ts';
import { type Decision, endDecisions, type StandingDecision } from './storage/decision-store.ts';

type DataOf<Name extends string> = Extract<MonitoringEvent, { type: `opora.monitoring.v1.${Name}` }>['data'];
export type Opened = DataOf<'AlertOpened'>;
export type Resolved = DataOf<'AlertResolved'>;

export interface Heard {
  opened: readonly Opened[];
  ended: readonly Resolved[];
  /** What is decided now, about those that opened. */
  decisions: readonly Decision[];
  /** What stands already about any of them. */
  standing: ReadonlyMap<string, StandingDecision>;
}

/**
 * Tells of alerts with an item that they began and that they are over, each once, however often it is heard. Gives the decisions as they are to be kept: of an alert
 * that begins and ends at once, with its end.
 */
export function tellOfItems({ opened, ended, decisions, standing }: Heard): Changes & { decisions: Decision[] } {
  const endings = new Map(ended.map((alert) => [alert.alertId, alert]));
  const began = new Map(opened.map((alert) => [alert.alertId, alert]));
  const bound = new Map(decisions.flatMap(({ alertId, itemId }) => (itemId !== undefined && !standing.has(alertId) ? [[alertId, itemId]] : [])));
  const over = [...endings.values()].flatMap((alert) => {
    const known = standing.get(alert.alertId);
    const itemId = bound.get(alert.alertId) ?? (known?.isOver ? undefined : known?.itemId);
    return itemId === undefined ? [] : [{ alert, itemId }];
  });
  const stored = over.filter(({ alert }) => !bound.has(alert.alertId));
  return {
    decisions: decisions.map((decision) => {
      const endsAt = bound.has(decision.alertId) ? endings.get(decision.alertId)?.endsAt : undefined;
      return endsAt === undefined ? decision : { ...decision, endedAt: endsAt };
    }),
    statements: stored.length > 0 ? [endDecisions(stored.map(({ alert }) => alert))] : [],
    events: [
      ...[...bound].flatMap(([alertId, itemId]) => {
        const alert = began.get(alertId);
        if (!alert) return [];
        const { source, fingerprint, name, severity, summary, startsAt } = alert;
        return alertBound({ alertId, source, fingerprint, name, severity, summary, items: [itemId], startsAt });
      }),
      ...over.map(({ alert: { alertId, source, fingerprint, name, endsAt }, itemId }) =>
        alertUnbound({ alertId, source, fingerprint, name, items: [itemId], endsAt }),
      ),
    ],
  };
}
