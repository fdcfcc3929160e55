import type { CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import type { MonitoringEvent } from '../../generated/opora/monitoring/v1/events.ts';
import type { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import type { HandlingContext, Subscription } from '../../platform/bus/subscription.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Client } from '../../platform/rpc/call.ts';
import type { RuleSet } from '../../platform/rules/rule-set.ts';
import { nameItem } from './domain/bind.ts';
import { type CompiledRule, decideIncident, type IncidentDecision } from './domain/decide-incident.ts';
import {
  type AlertGroup,
  type Decision,
  insertDecisions,
  readBurning,
  readDecided,
  readDecisions,
  readGroups,
  type StandingDecision,
  writeGroups,
} from './storage/decision-store.ts';
import { readSources } from './storage/rule-store.ts';
import { type Opened, type Resolved, tellOfItems } from './tell-of-items.ts';

interface PolicyParts {
  database: Database;
  rules(): Promise<RuleSet<CompiledRule>>;
  cmdb: Pick<Client<CmdbService>, 'resolveItems'>;
  tickets: Pick<Client<TicketService>, 'raiseIncidents' | 'resolveIncidents'>;
}

type Heard = Extract<MonitoringEvent, { type: 'opora.monitoring.v1.AlertOpened' | 'opora.monitoring.v1.AlertResolved' }>;
type Judged = { alert: Opened; itemId?: string; decision: IncidentDecision; binding: string };

/**
 * The incident policy: binds each new alert to its configuration item, asks the rules, raises an incident for each group that has none, and
 * resolves the incidents whose alerts are all over. Everything is asked for a whole batch at once; both calls to `tickets` may be repeated harmlessly.
 */
export function decideIncidents({ database, rules, cmdb, tickets }: PolicyParts): Subscription<Heard> {
  async function judge(alerts: readonly Opened[], context: HandlingContext): Promise<Judged[]> {
    if (alerts.length === 0) return [];
    const [book, sources] = await Promise.all([rules(), readSources(database)]);
    const names = alerts.map((alert) => {
      const binding = sources.find(({ id }) => id === alert.source);
      return binding && nameItem(alert.labels, binding);
    });
    const wanted = [...new Set(names.flatMap((named) => (named ? [named.name] : [])))];
    const items = new Map<string, { id: string; name: string }>();
    if (wanted.length > 0) {
      const { items: found } = await cmdb.resolveItems({ names: wanted }, context.within(5_000));
      for (const { name, itemId, itemName } of found) items.set(name, { id: itemId, name: itemName });
    }
    return alerts.map((alert, index) => {
      const named = names[index];
      const item = named && items.get(named.name);
      const decision = decideIncident({ ...alert, bound: item !== undefined }, book);
      return { alert, decision, binding: explainBinding(named, item), ...(item && { itemId: item.id }) };
    });
  }

  /** The incident of each group that these alerts belong to: the open one, or a new episode. */
  async function findIncidents(
    judged: readonly Judged[],
    context: HandlingContext,
  ): Promise<{ groups: Map<string, AlertGroup>; moved: AlertGroup[] }> {
    const byKey = new Map<string, Judged[]>();
    for (const each of judged) {
      const key = each.decision.groupKey;
      if (key !== undefined) byKey.set(key, [...(byKey.get(key) ?? []), each]);
    }
    const known = byKey.size > 0 ? await readGroups(database, sql`key = any(${[...byKey.keys()]}::text[])`) : [];
    const groups = new Map(known.map((group) => [group.key, group]));
    const starting = await leaveOutDecided([...byKey].filter(([key]) => !groups.get(key)?.open));
    if (starting.length === 0) return { groups, moved: [] };

    const { incidents } = await tickets.raiseIncidents(
      { incidents: starting.map(([key, members]) => describeIncident(`${key}#${(groups.get(key)?.episode ?? 0) + 1}`, members)) },
      context.within(10_000),
    );
    const moved = starting.flatMap(([key], index): AlertGroup[] => {
      const incident = incidents[index];
      if (!incident) return [];
      const { episode = 0, version = 0 } = groups.get(key) ?? {};
      return [{ key, episode: episode + 1, incidentId: incident.id, incidentNumber: incident.number, open: true, version: version + 1 }];
    });
    for (const group of moved) groups.set(group.key, group);
    return { groups, moved };
  }

  /**
   * An alert that comes again was decided already, and its incident may be over by now: it begins no other. Asked after the groups are read, so that of a
   * group whose episode is over the decisions are seen that belong to it.
   */
  async function leaveOutDecided(starting: readonly [string, Judged[]][]): Promise<[string, Judged[]][]> {
    if (starting.length === 0) return [];
    const decided = await readDecided(
      database,
      starting.flatMap(([, members]) => members.map(({ alert }) => alert.alertId)),
    );
    return starting.flatMap(([key, members]): [string, Judged[]][] => {
      const undecided = members.filter(({ alert }) => !decided.has(alert.alertId));
      return undecided.length > 0 ? [[key, undecided]] : [];
    });
  }

  /** Resolves the incidents that have no open alert left; gives those that are over. */
  async function resolveBurntOut(
    ended: readonly Resolved[],
    standing: ReadonlyMap<string, StandingDecision>,
    attaching: readonly { alertId: string; incidentId: string }[],
    context: HandlingContext,
  ): Promise<string[]> {
    const attached = new Map(attaching.map(({ alertId, incidentId }) => [alertId, incidentId]));
    const touched = [...new Set(ended.flatMap(({ alertId }) => attached.get(alertId) ?? standing.get(alertId)?.incidentId ?? []))];
    if (touched.length === 0) return [];
    const burning = await readBurning(database, touched, attaching);
    const over = touched.filter((incidentId) => !burning.has(incidentId));
    if (over.length === 0) return [];
    const explanation = 'All its alerts are over, and nobody had taken it over.';
    const { outcomes } = await tickets.resolveIncidents(
      { incidents: over.map((id) => ({ id, resolution: 'Monitoring reports that all alerts are over.', explanation })) },
      context.within(10_000),
    );
    return outcomes.filter(({ outcome }) => outcome !== 'taken_over').map(({ id }) => id);
  }

  return {
    name: 'decide-incidents',
    types: ['opora.monitoring.v1.AlertOpened', 'opora.monitoring.v1.AlertResolved'],
    // Senders of alerts wait while a batch is judged in the same process: no longer than for a few milliseconds.
    batch: 100,
    async handle(events, context) {
      const opened: Opened[] = [];
      const ended: Resolved[] = [];
      for (const event of events) {
        if (event.type === 'opora.monitoring.v1.AlertOpened') opened.push(event.data);
        else ended.push(event.data);
      }
      const judged = await judge(opened, context);
      const { groups, moved } = await findIncidents(judged, context);
      const decisions = judged.map((each) => toDecision(each, groups));
      const attaching = decisions.flatMap(({ alertId, incident }) => (incident ? [{ alertId, incidentId: incident.id }] : []));
      const asked = [...ended.map(({ alertId }) => alertId), ...decisions.flatMap(({ alertId, itemId }) => (itemId === undefined ? [] : [alertId]))];
      const standing = asked.length > 0 ? await readDecisions(database, asked) : new Map<string, StandingDecision>();
      const over = await resolveBurntOut(ended, standing, attaching, context);
      const closed = await closeGroups(database, over, moved);
      const told = tellOfItems({ opened, ended, decisions, standing });

      const statements: Statement[] = [...(told.statements ?? [])];
      if (decisions.length > 0) statements.push(insertDecisions(told.decisions));
      if (closed.length > 0) statements.push(writeGroups(closed));
      return { statements, events: told.events ?? [] };
    },
  };
}

/** Groups to write: those that moved on, and those whose incident is over; each once, at one version more than it is stored. */
export async function closeGroups(database: Database, overIncidents: readonly string[], moved: readonly AlertGroup[] = []): Promise<AlertGroup[]> {
  const over = new Set(overIncidents);
  const movedKeys = new Set(moved.map(({ key }) => key));
  const stored = over.size > 0 ? await readGroups(database, sql`incident_id = any(${[...over]}::uuid[]) and open`) : [];
  return [
    ...moved.map((group) => ({ ...group, open: !over.has(group.incidentId) })),
    ...stored.filter(({ key }) => !movedKeys.has(key)).map((group) => ({ ...group, open: false, version: group.version + 1 })),
  ];
}

function describeIncident(key: string, members: readonly Judged[]) {
  const [first] = members;
  const rule = first?.decision.raisedBy;
  const { summary = '', annotations = {}, generatorUrl } = first?.alert ?? {};
  const description = [annotations['description'], generatorUrl].filter((text) => text !== undefined && text !== '').join('\n\n');
  return {
    key,
    subject: summary.slice(0, 300),
    ...(description !== '' && { description: description.slice(0, 20_000) }),
    impact: rule?.impact ?? ('medium' as const),
    urgency: rule?.urgency ?? ('medium' as const),
    items: [...new Set(members.flatMap(({ itemId }) => itemId ?? []))],
    alertIds: members.map(({ alert }) => alert.alertId),
    explanation: first ? `${first.decision.explanation} ${first.binding}` : '',
  };
}

function toDecision({ alert, itemId, decision, binding }: Judged, groups: ReadonlyMap<string, AlertGroup>): Decision {
  const group = decision.groupKey === undefined ? undefined : groups.get(decision.groupKey);
  return {
    alertId: alert.alertId,
    ...(itemId !== undefined && { itemId }),
    ...(group && { incident: { id: group.incidentId, number: group.incidentNumber } }),
    explanation: `${decision.explanation} ${binding}`,
  };
}

function explainBinding(named: { label: string; name: string } | undefined, item: { name: string } | undefined): string {
  if (!named) return 'No label names a configuration item.';
  if (!item) return `Label ${named.label} names "${named.name}", which the CMDB does not know.`;
  return `Bound to "${item.name}" by label ${named.label} = "${named.name}".`;
}
