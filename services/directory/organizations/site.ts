import { siteChanged } from '../../../generated/opora/directory/v1/events.ts';
import type { Site } from '../../../generated/opora/directory/v1/organizations.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { checkTimeZone } from '../domain/records/check-time-zone.ts';
import { ordersByName, referencesIn } from '../records/declare.ts';
import type { Resource } from '../records/resource.ts';

export const site: Resource<Site> = {
  kind: 'site',
  noun: 'a site',
  fields: { name: 'text', organizationId: 'reference', address: 'text', region: 'text', latitude: 'number', longitude: 'number', timeZone: 'text' },
  defaults: {},
  sorts: ordersByName,
  filters: {
    organizationId: (id: string) => sql`r.organization_id = ${id}`,
    region: (region: string) => sql`r.region = ${region}`,
    timeZone: (timeZone: string) => sql`r.time_zone = ${timeZone}`,
    active: (active: boolean) => sql`r.active = ${active}`,
  },
  words: ({ name, address, region }) => [name, address, region],
  check({ timeZone, latitude, longitude }) {
    const isHalf = (latitude === undefined) !== (longitude === undefined);
    const missing = latitude === undefined ? '/latitude' : '/longitude';
    return [...checkTimeZone(timeZone, '/timeZone'), ...(isHalf ? [{ pointer: missing, message: 'is needed beside the other coordinate' }] : [])];
  },
  references: (state) => referencesIn(state, { organizationId: 'organization' }),
  announce: ({ id, active, organizationId, timeZone, version }, change) =>
    siteChanged({ siteId: id, change, active, organizationId, timeZone, version }),
};
