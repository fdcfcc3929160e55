import { z } from 'zod';
import { AuditService } from '../../generated/opora/directory/v1/audit.ts';
import { CredentialService } from '../../generated/opora/directory/v1/credentials.ts';
import { DirectoryService } from '../../generated/opora/directory/v1/directory.ts';
import { defineService, serve } from '../../platform/service/define-service.ts';
import { accountUseCases } from './accounts.ts';
import { auditMethods } from './audit/audit-methods.ts';
import { keepAudit } from './audit/keep-audit.ts';
import { createFirstAdministrator } from './bootstrap.ts';
import { credentialMethods } from './credential-methods.ts';
import { createPasswords } from './passwords.ts';
import { directoryMethods } from './rpc.ts';
import { createSignInGuard } from './sign-in-guard.ts';
import { readRoles } from './storage/role-store.ts';

export const directory = defineService({
  name: 'directory',
  needs: [],
  config: z.object({
    OPORA_ADMIN_PASSWORD: z
      .string()
      .min(8, 'needs at least 8 characters')
      .max(200)
      .optional()
      .describe('of the account admin, which the first start makes; else a random one is shown once'),
    OPORA_ADMIN_TOKEN: z
      .string()
      .min(8, 'needs at least 8 characters')
      .max(500)
      .optional()
      .describe('its API token, made at the first start: for scripts and tests'),
    OPORA_LOCALE: z.enum(['ru', 'en']).default('ru').describe('language of a new account'),
  }),
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
    const known = {
      all: new Set([...named, ...unmasking, ...ofRoles, 'operations.manage']),
      restrictable: new Set(contract.methods.filter(({ restricted }) => restricted).flatMap(({ permissions }) => permissions)),
    };
    const parts = { database, passwords, defaultLocale: config.OPORA_LOCALE, known, guard: createSignInGuard(database) };
    const findAccount = accountUseCases(parts).find;
    const credentials = credentialMethods({ ...parts, knownPermissions: known.all, findAccount });
    return {
      serves: [serve(DirectoryService, directoryMethods(parts)), serve(CredentialService, credentials), serve(AuditService, auditMethods(database))],
      subscriptions: [keepAudit(contract)],
    };
  },
});
