import { AbsenceService } from '../../generated/opora/directory/v1/absences.ts';
import { AuditService } from '../../generated/opora/directory/v1/audit.ts';
import { ContractorService } from '../../generated/opora/directory/v1/contractors.ts';
import { CredentialService } from '../../generated/opora/directory/v1/credentials.ts';
import { DirectoryService } from '../../generated/opora/directory/v1/directory.ts';
import { DepartmentService, OrganizationService, SiteService } from '../../generated/opora/directory/v1/organizations.ts';
import { PersonService } from '../../generated/opora/directory/v1/people.ts';
import { ScheduleService } from '../../generated/opora/directory/v1/schedules.ts';
import { SignInService } from '../../generated/opora/directory/v1/sign_in.ts';
import { TeamService } from '../../generated/opora/directory/v1/teams.ts';
import { openGuard } from '../../platform/rights/guard.ts';
import { defineService, serve } from '../../platform/service/define-service.ts';
import { absenceMethods } from './absences/absence-methods.ts';
import { accountUseCases } from './accounts.ts';
import { auditMethods } from './audit/audit-methods.ts';
import { keepAudit } from './audit/keep-audit.ts';
import { createFirstAdministrator } from './bootstrap.ts';
import { directoryConfig } from './config.ts';
import { contractorMethods } from './contractors/contractor-methods.ts';
import { credentialMethods } from './credential-methods.ts';
import type { KnownPermissions } from './domain/check-rights.ts';
import { departmentMethods, organizationMethods, siteMethods } from './organizations/organization-methods.ts';
import { createPasswords } from './passwords.ts';
import { personMethods } from './people/person-methods.ts';
import { directoryMethods } from './rpc.ts';
import { scheduleMethods } from './schedules/schedule-methods.ts';
import { openSignIns } from './sign-in/open-sign-ins.ts';
import { createSignInGuard } from './sign-in-guard.ts';
import { readRoles } from './storage/role-store.ts';
import { teamMethods } from './teams/team-methods.ts';

export const directory = defineService({
  name: 'directory',
  needs: [],
  config: directoryConfig,
  migrations: new URL('./storage/migrations/', import.meta.url),
  sealed: new URL('./storage/sealed/', import.meta.url),
  async start({ config, database, clock, newId, contract, announce }) {
    const passwords = await createPasswords();
    const { madePassword } = await createFirstAdministrator({
      database,
      passwords,
      clock,
      newId,
      locale: config.OPORA_LOCALE,
      password: config.OPORA_ADMIN_PASSWORD,
      token: config.OPORA_ADMIN_TOKEN,
    });
    if (madePassword !== undefined)
      announce(`Sign in as admin with the password ${madePassword} (shown only this once; OPORA_ADMIN_PASSWORD chooses another).`);
    const named = [...contract.methods, ...contract.events].flatMap(({ permissions }) => permissions);
    const unmasking = contract.methods.flatMap(({ unmaskedBy }) => unmaskedBy ?? []);
    const ofRoles = (await readRoles(database)).flatMap(({ permissions }) => permissions);
    const guards = contract.guarded.map(({ name }) => openGuard(contract, name));
    const guardOf = (permission: string) => guards.find(({ object }) => object.reads === permission || object.changes.includes(permission));
    // Of methods on guarded objects only the permissions of these hold for some of them.
    const restricted = contract.methods.flatMap(({ restricted: isRestricted, permissions }) => {
      const guarded = permissions.filter(guardOf);
      return isRestricted ? (guarded.length > 0 ? guarded : permissions) : [];
    });
    const known: KnownPermissions = {
      all: new Set([...named, ...unmasking, ...ofRoles, 'operations.manage']),
      restrictable: new Set(restricted),
      checkGrant: (grant, pointer) => guardOf(grant.permission)?.findFaults(grant, pointer),
    };
    const base = { database, defaultLocale: config.OPORA_LOCALE };
    const signIns = await openSignIns({ ...base, secrets: config.secrets });
    const parts = { ...base, passwords, known, guard: createSignInGuard(database), others: signIns.others };
    const findAccount = accountUseCases(parts).find;
    return {
      serves: [
        serve(DirectoryService, directoryMethods(parts)),
        serve(OrganizationService, organizationMethods(database)),
        serve(SiteService, siteMethods(database)),
        serve(DepartmentService, departmentMethods(database)),
        serve(PersonService, personMethods(database)),
        serve(TeamService, teamMethods(database)),
        serve(ScheduleService, scheduleMethods(database)),
        serve(AbsenceService, absenceMethods(database)),
        serve(ContractorService, contractorMethods(database)),
        serve(CredentialService, credentialMethods({ ...parts, knownPermissions: known.all, findAccount })),
        serve(SignInService, signIns.methods({ findAccount })),
        serve(AuditService, auditMethods(database)),
      ],
      subscriptions: [keepAudit(contract)],
    };
  },
});
