import type { DescribedItem, Radius } from '../../../generated/opora/cmdb/v1/radius.ts';
import type { RadiusAgreement, RadiusChange, RadiusCustomer, RadiusFreeze, RadiusService } from '../../../generated/opora/tickets/v1/blast_radius.ts';
import type { Freeze, Touched } from './freeze.ts';
import { findTouched } from './freeze.ts';
import { tellWay } from './impact-summary.ts';
import type { PlannedWindow } from './planned-window.ts';
import type { TicketState } from './ticket.ts';

/** What the reader may see of the items, by their ids. */
export type Named = ReadonlyMap<string, DescribedItem>;

/** An item in words for somebody who may not see it. */
const unseen = 'an item that you may not see';
const nameOf = (id: string, named: Named) => {
  const name = named.get(id)?.name;
  return name === undefined ? unseen : `"${name}"`;
};

export function tellServices(services: Radius['services'], named: Named): RadiusService[] {
  return services.flatMap(({ id, kind, state, distance, way }) => {
    const item = named.get(id);
    return item ? [{ ...item, kind, state, distance, explanation: tellWay(way, named) }] : [];
  });
}

/** Whose the services are, those with most of them first. */
export function tellCustomers(services: readonly Pick<RadiusService, 'name' | 'organisation'>[]): RadiusCustomer[] {
  const customers = new Map<string, string[]>();
  for (const { name, organisation } of services) {
    if (organisation !== undefined) customers.set(organisation, [...(customers.get(organisation) ?? []), `"${name}"`]);
  }
  return [...customers]
    .map(([organisation, names]) => ({
      organisation,
      services: names.length,
      explanation: `It would lose ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' and more' : ''}.`,
    }))
    .sort((one, other) => other.services - one.services || (one.organisation < other.organisation ? -1 : 1));
}

/** Agreements that the reader may see, each once. */
export function tellAgreements(coverages: readonly { agreementId: string; itemId: string }[], named: Named): RadiusAgreement[] {
  const covered = new Map<string, string[]>();
  for (const { agreementId, itemId } of coverages) covered.set(agreementId, [...(covered.get(agreementId) ?? []), itemId]);
  return [...covered].flatMap(([id, itemIds]) => {
    const agreement = named.get(id);
    if (!agreement) return [];
    const seen = itemIds.flatMap((itemId) => (named.has(itemId) ? [nameOf(itemId, named)] : []));
    const hidden = seen.length < itemIds.length ? [unseen] : [];
    return [{ id, class: agreement.class, name: agreement.name, explanation: `It covers ${[...seen, ...hidden].join(', ')}.` }];
  });
}

/** The item for which another change stands in the way: one of the same if there is one, else one that would break or be put at risk. */
export function findShared(
  items: readonly string[],
  own: ReadonlySet<string>,
  reached: ReadonlySet<string>,
): { id: string; why: RadiusChange['why'] } | undefined {
  const same = items.find((id) => own.has(id));
  if (same !== undefined) return { id: same, why: 'same_item' };
  const hit = items.find((id) => reached.has(id));
  return hit === undefined ? undefined : { id: hit, why: 'within_impact' };
}

/** Another change whose window overlaps, and what both are about. */
export function tellChange(
  { id, number, subject, status, plannedStart = 0, plannedEnd = 0 }: TicketState,
  { id: itemId, why }: { id: string; why: RadiusChange['why'] },
  window: Required<PlannedWindow>,
  named: Named,
): RadiusChange {
  const [start, end] = [Math.max(plannedStart, window.plannedStart), Math.min(plannedEnd, window.plannedEnd)];
  const minutes = Math.ceil((end - start) / 60_000);
  const about = why === 'same_item' ? `It is about ${nameOf(itemId, named)} too` : `It is about ${nameOf(itemId, named)}, which this one reaches`;
  return {
    id,
    number,
    subject,
    status,
    plannedStart: toText(plannedStart),
    plannedEnd: toText(plannedEnd),
    why,
    overlapStart: toText(start),
    overlapEnd: toText(end),
    explanation: `${about}, and the windows overlap by ${minutes} min.`,
  };
}

const scopes = { organisation: 'organisation', site: 'site', class: 'class' } as const;

/** The freeze as far as it concerns the change, or undefined when it does not. */
export function tellFreeze(
  freeze: Freeze & { id: string; endedAt?: number },
  touched: Touched,
  readerId: string,
  named: Named,
): RadiusFreeze | undefined {
  const hit = findTouched(freeze.scope, touched);
  if (!hit) return undefined;
  const { id, name, from, to, scope, reason, exemption, endedAt } = freeze;
  const because = () => {
    if (scope.kind === 'everything') return 'It holds for everything.';
    const what =
      scope.kind === 'services' ? hit.map((one) => nameOf(one, named)) : [`${scopes[scope.kind]} ${hit.map((one) => `"${one}"`).join(', ')}`];
    return `It holds for ${[...new Set(what)].join(', ')}, which the change touches.`;
  };
  const exempt = exemption?.accounts.includes(readerId) ?? false;
  return {
    id,
    name,
    from: toText(from),
    to: toText(endedAt ?? to),
    ...(reason !== undefined && { reason }),
    exempt,
    ...(exemption?.note !== undefined && { exemptionNote: exemption.note }),
    explanation: exempt ? `${because()} You may go ahead anyway.` : because(),
  };
}

const toText = (moment: number) => new Date(moment).toISOString();

export function explainIncident(items: readonly string[], own: ReadonlySet<string>, named: Named): string {
  const shared = items.filter((id) => own.has(id));
  const seen = shared.flatMap((id) => (named.has(id) ? [nameOf(id, named)] : []));
  return `It is open and about ${[...seen, ...(seen.length < shared.length ? [unseen] : [])].join(', ')}.`;
}
