import type { DescribedItem, Radius, RadiusService } from '../../../generated/opora/cmdb/v1/radius.ts';
import { isAppError } from '../../../platform/errors/app-error.ts';
import type { Call, CallOptions, Client } from '../../../platform/rpc/call.ts';

/** What of the CMDB tickets asks. */
export type Cmdb = Pick<Client<RadiusService>, 'assessRadius' | 'describeItems'>;

/** What suffers with the items, over everything: asked in the service's own name. */
export function assessRadius(
  cmdb: Cmdb,
  items: readonly string[],
  options: CallOptions,
  more: { withPlaces?: boolean; services?: number } = {},
): Promise<Radius> {
  return cmdb.assessRadius({ items: [...items], withPlaces: false, ...more }, options);
}

/** What the caller may see of the items, by their ids; undefined when the CMDB does not answer: a ticket is read all the same. */
export async function describeItems(cmdb: Cmdb, ids: readonly string[], call: Call): Promise<ReadonlyMap<string, DescribedItem> | undefined> {
  if (ids.length === 0) return new Map();
  try {
    const { items } = await cmdb.describeItems({ ids: [...ids] }, call.within(1_000));
    return new Map(items.map((item) => [item.id, item]));
  } catch (error) {
    if (isAppError(error, 'not_allowed')) return new Map();
    call.log.warn({ err: error }, 'the CMDB could not be asked for names');
    return undefined;
  }
}

/** Asks for a caller in the service's own name, with no more time than the caller has. */
export function inOwnName(options: CallOptions, { deadline, signal }: Pick<Call, 'deadline' | 'signal'>): CallOptions {
  return { ...options, deadline: Math.min(options.deadline, deadline), signal };
}
