import type { Radius } from '../../../generated/opora/cmdb/v1/radius.ts';
import type { ComputedImpact, ImpactedService } from '../../../generated/opora/tickets/v1/tickets.ts';

/** What is kept of an answer of the CMDB: figures, classes and ids. Names are the CMDB's, and who may see them is asked when a ticket is read. */
export type ImpactSummary = Pick<
  Radius,
  'at' | 'known' | 'total' | 'atRisk' | 'users' | 'classes' | 'services' | 'serviceTotal' | 'truncated' | 'servedBy'
>;

export function summariseImpact({ places: _, note: __, ...summary }: Radius): ImpactSummary {
  return summary;
}

export function explainImpact({ known, total, atRisk, serviceTotal, truncated }: ImpactSummary): string {
  const cut = truncated ? ' More was left out: the limits of the CMDB were reached.' : '';
  return `Items of the ticket that are known: ${known}. Items that break with them: ${total}, at risk: ${atRisk}, services among these: ${serviceTotal}.${cut}`;
}

/** Every id that a reader would be told the name of. */
export function idsOfImpact({ services }: Pick<ImpactSummary, 'services'>): string[] {
  return [...new Set(services.flatMap(({ way }) => way.map(({ id }) => id)))];
}

/** A summary as a reader sees it. `named`: what the reader may see of the items; undefined when nobody could be asked. */
export function showImpact(summary: ImpactSummary, named: ReadonlyMap<string, { name: string }> | undefined): ComputedImpact {
  const { known, services, ...figures } = summary;
  const shown = named ? services.flatMap((service) => showService(service, named) ?? []) : [];
  return {
    ...figures,
    items: known,
    services: shown,
    hiddenServices: named ? services.length - shown.length : 0,
    namesUnavailable: named === undefined,
  };
}

function showService(
  { id, way, ...service }: ImpactSummary['services'][number],
  named: ReadonlyMap<string, { name: string }>,
): ImpactedService | undefined {
  const name = named.get(id)?.name;
  return name === undefined ? undefined : { ...service, id, name, way: tellWay(way, named) };
}

/** A way in words: `db-1 → (runs_on) billing`. What is not named is an ellipsis. */
export function tellWay(way: readonly { id: string; via: string }[], named: ReadonlyMap<string, { name: string }>): string {
  return way.map(({ id, via }) => `${via === '' ? '' : `(${via}) `}${named.get(id)?.name ?? '…'}`).join(' → ');
}
