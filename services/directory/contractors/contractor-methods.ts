import type { Admission, BlacklistEntry, ContractorService, GetAdmissionRequest } from '../../../generated/opora/directory/v1/contractors.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { Call, Principal } from '../../../platform/rpc/call.ts';
import { forbids } from '../domain/contractors/blacklist.ts';
import { organization } from '../organizations/organization.ts';
import { readMoment } from '../records/read-moment.ts';
import { readRecords } from '../records/record-store.ts';
import { recordUseCases } from '../records/record-use-cases.ts';
import { agreement } from './agreement.ts';
import { blacklistEntry } from './blacklist-entry.ts';

const mostTold = 100;

export function contractorMethods(database: Database): ContractorService {
  const agreements = recordUseCases(agreement, database);
  const entries = recordUseCases(blacklistEntry, database);
  const organizations = recordUseCases(organization, database);

  async function admit({ id, customerId, region, workKind, at: asked }: GetAdmissionRequest, { principal, now }: Call): Promise<Admission> {
    const contractor = await organizations.find(id);
    const at = new Date(readMoment(asked, '/at') ?? now).toISOString();
    const known = {
      ...(customerId !== undefined && { customerId }),
      ...(region !== undefined && { region }),
      ...(workKind !== undefined && { workKind }),
    };
    const inForce = await readRecords<BlacklistEntry>(
      database,
      blacklistEntry,
      sql`r.contractor_id = ${id} and r.active and r.starts_at <= ${at}::timestamptz and (r.ends_at is null or r.ends_at > ${at}::timestamptz)
        and (r.scope = 'all' or r.customer_id = ${customerId ?? null} or r.region = ${region ?? null} or r.work_kind = ${workKind ?? null})
        order by r.starts_at, r.id limit ${mostTold}`,
    );
    const forbiddenBy = inForce.filter((entry) => forbids(entry, { ...known, at }));
    const on = at.slice(0, 10);
    const covering = await database.query<{ id: string }>(
      sql`select id from agreement where contractor_id = ${id} and active and starts_on <= ${on}::date and (ends_on is null or ends_on >= ${on}::date)
        and (customer_id is null or customer_id = ${customerId ?? null}) and (regions = '{}' or ${region ?? null} = any(regions))
        and (work_kinds = '{}' or ${workKind ?? null} = any(work_kinds)) order by starts_on, id limit ${mostTold}`,
    );
    return {
      allowed: contractor.kind === 'contractor' && contractor.active && forbiddenBy.length === 0,
      forbiddenBy,
      mayOverride: forbiddenBy.length > 0 && (await mayOverride(forbiddenBy, principal)),
      agreementIds: covering.map((one) => one.id),
    };
  }

  async function mayOverride(forbidding: readonly BlacklistEntry[], principal: Principal): Promise<boolean> {
    if (principal.kind === 'service') return false;
    const [account] = await database.query<{ roles: string[]; person_id: string | null }>(
      sql`select roles, person_id from account where id = ${principal.id}`,
    );
    if (!account) return false;
    return forbidding.every(
      ({ overrideRoles, overridePersonIds }) =>
        overrideRoles.some((role) => account.roles.includes(role)) || (account.person_id !== null && overridePersonIds.includes(account.person_id)),
    );
  }

  return {
    createAgreement: agreements.create,
    getAgreement: ({ id }) => agreements.find(id),
    listAgreements: agreements.list,
    updateAgreement: agreements.update,
    listAgreementHistory: agreements.history,
    createBlacklistEntry: entries.create,
    getBlacklistEntry: ({ id }) => entries.find(id),
    listBlacklistEntries: entries.list,
    updateBlacklistEntry: entries.update,
    listBlacklistEntryHistory: entries.history,
    getAdmission: admit,
  };
}
