import type { Radius, RadiusPlaces } from '../../../generated/opora/cmdb/v1/radius.ts';
import type { BlastRadius, BlastRadiusService } from '../../../generated/opora/tickets/v1/blast_radius.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { Call, Principal } from '../../../platform/rpc/call.ts';
import { idsOfImpact } from '../domain/impact-summary.ts';
import { checkWindow, type PlannedWindow } from '../domain/planned-window.ts';
import {
  explainIncident,
  findShared,
  type Named,
  tellAgreements,
  tellChange,
  tellCustomers,
  tellFreeze,
  tellServices,
} from '../domain/tell-radius.ts';
import type { TicketState } from '../domain/ticket.ts';
import { assessRadius, describeItems, inOwnName } from '../impact/ask-cmdb.ts';
import type { ImpactParts } from '../impact/keep-impact.ts';
import { readWindow } from '../read-window.ts';
import type { TicketRights } from '../rights.ts';
import { type FreezeState, holdingWithin, readFreezes } from '../storage/freeze-store.ts';
import { openIncidentsAbout, plannedWithin } from '../storage/planned-tickets.ts';
import { readTickets } from '../storage/ticket-store.ts';

const most = 50;
/** Freezes that are looked at: those of one window, of which few concern a change. */
const mostFreezes = 500;

interface Question {
  items: readonly string[];
  /** Of a change that is planned. */
  window?: Required<PlannedWindow>;
  /** The ticket itself, which is in nobody's way. */
  ticketId?: string;
}

export interface BlastRadiusParts extends ImpactParts {
  rights: TicketRights;
  find(idOrNumber: string, principal: Principal): Promise<TicketState>;
}

/** What a planned change would touch. The CMDB must answer: without it there is nothing to tell, and that is `unavailable`. */
export function blastRadiusMethods({ database, cmdb, within, rights, find }: BlastRadiusParts): BlastRadiusService {
  async function assess({ items, window, ticketId }: Question, call: Call): Promise<BlastRadius> {
    const radius = await assessRadius(cmdb, items, inOwnName(within(5_000), call), { services: most, withPlaces: true });
    const places = radius.places ?? noPlaces;
    const own = new Set(items);
    const [changes, freezes, incidents] = await Promise.all([
      window ? readChanges([...items, ...places.reached], window, ticketId, call.principal) : [],
      window
        ? readFreezes(database, sql`${holdingWithin(window.plannedStart, window.plannedEnd)} order by from_at, id limit ${mostFreezes + 1}`)
        : [],
      readIncidents(items, ticketId, call.principal),
    ]);
    const named = await nameAll(
      [...items, ...idsOfRadius(radius, places), ...freezes.flatMap(({ scope }) => (scope.kind === 'services' ? scope.values : []))],
      changes,
      call,
    );

    const reached = new Set(places.reached);
    const touched = {
      organisations: new Set(places.organisations),
      sites: new Set(places.sites),
      classes: new Set(places.classes),
      ids: new Set([...items, ...places.reached]),
    };
    const services = tellServices(radius.services, named);
    const agreements = tellAgreements(places.agreements, named);
    const concerning = freezes.slice(0, mostFreezes).flatMap((freeze: FreezeState) => tellFreeze(freeze, touched, call.principal.id, named) ?? []);
    const cut: [BlastRadius['truncated'][number], boolean][] = [
      ['items', radius.truncated],
      ['services', radius.serviceTotal > radius.services.length],
      ['agreements', places.agreementsTruncated],
      ['changes', changes.length > most],
      ['freezes', concerning.length > most || freezes.length > mostFreezes],
      ['incidents', incidents.length > most],
    ];
    return {
      at: radius.at,
      items: radius.known,
      total: radius.total,
      atRisk: radius.atRisk,
      users: radius.users,
      classes: radius.classes,
      serviceTotal: radius.serviceTotal,
      services,
      hiddenServices: radius.services.length - services.length,
      customers: tellCustomers(services),
      agreements,
      hiddenAgreements: new Set(places.agreements.map(({ agreementId }) => agreementId)).size - agreements.length,
      changes: window
        ? changes.slice(0, most).flatMap((change) => {
            const shared = findShared(change.items, own, reached);
            return shared ? [tellChange(change, shared, window, named)] : [];
          })
        : [],
      freezes: concerning.slice(0, most),
      incidents: incidents.slice(0, most).map(({ id, number, subject, status, priority, items: about }) => {
        return { id, number, subject, status, priority, explanation: explainIncident(about, own, named) };
      }),
      ...(window && { plannedStart: new Date(window.plannedStart).toISOString(), plannedEnd: new Date(window.plannedEnd).toISOString() }),
      truncated: cut.flatMap(([what, is]) => (is ? [what] : [])),
      servedBy: radius.servedBy,
    };

    /** Of a change only the item for which it stands in the way is named. */
    function nameAll(ids: readonly string[], others: readonly TicketState[], asked: Call): Promise<Named> {
      const inTheWay = others.flatMap((change) => findShared(change.items, own, new Set(places.reached))?.id ?? []);
      return requireNames([...new Set([...ids, ...inTheWay])], asked);
    }
  }

  async function requireNames(ids: readonly string[], call: Call): Promise<Named> {
    const named = await describeItems(cmdb, ids.slice(0, 1_000), call);
    if (named) return named;
    throw new AppError('unavailable', 'The CMDB does not answer: ask again in a moment.', { retryAfterSeconds: 5 });
  }

  /** Changes that are not over, whose windows overlap and that are about any of the items: one more than are told. */
  function readChanges(
    ids: readonly string[],
    window: Required<PlannedWindow>,
    ticketId: string | undefined,
    principal: Principal,
  ): Promise<TicketState[]> {
    return readTickets(
      database,
      sql`${plannedWithin(window, ids)} and id is distinct from ${ticketId ?? null}::uuid and ${rights.visible(principal)} order by planned_start, id limit ${most + 1}`,
    );
  }

  function readIncidents(items: readonly string[], ticketId: string | undefined, principal: Principal): Promise<TicketState[]> {
    return readTickets(
      database,
      sql`${openIncidentsAbout(items)} and id is distinct from ${ticketId ?? null}::uuid and ${rights.visible(principal)} order by created_at desc, id desc limit ${most + 1}`,
    );
  }

  return {
    async getBlastRadius({ id }, call) {
      const { id: ticketId, number, items, plannedStart, plannedEnd } = await find(id, call.principal);
      if (items.length === 0) throw new AppError('illegal_state', `${number} is about no items: add those that it changes.`);
      const window = plannedStart !== undefined && plannedEnd !== undefined ? { plannedStart, plannedEnd } : undefined;
      return assess({ items, ticketId, ...(window && { window }) }, call);
    },

    async assessBlastRadius({ items, plannedStart, plannedEnd }, call) {
      const given = readWindow({ plannedStart, plannedEnd });
      const violations = checkWindow({ ...given, type: 'change' }, given);
      if (violations.length > 0) throw new AppError('invalid_input', 'That cannot be planned.', { violations });
      const named = await requireNames(items, call);
      const unknown = items.flatMap((id, index) =>
        named.has(id) ? [] : [{ pointer: `/items/${index}`, message: `there is no item "${id}" that you may see` }],
      );
      if (unknown.length > 0) throw new AppError('invalid_input', 'Not all of these items are known.', { violations: unknown });
      const { plannedStart: start, plannedEnd: end } = given;
      return assess({ items, ...(start !== undefined && end !== undefined && { window: { plannedStart: start, plannedEnd: end } }) }, call);
    },
  };
}

const noPlaces: RadiusPlaces = { organisations: [], sites: [], classes: [], reached: [], agreements: [], agreementsTruncated: false };

function idsOfRadius(radius: Radius, { agreements }: RadiusPlaces): string[] {
  return [...idsOfImpact(radius), ...agreements.flatMap(({ agreementId, itemId }) => [agreementId, itemId])];
}
