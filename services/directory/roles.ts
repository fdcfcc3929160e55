import type { CreateRoleRequest, UpdateRoleRequest } from '../../generated/opora/directory/v1/directory.ts';
import { roleCreated, roleUpdated } from '../../generated/opora/directory/v1/events.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { violatedConstraint } from '../../platform/postgres/server-error.ts';
import type { Call, Principal } from '../../platform/rpc/call.ts';
import { tellAct } from './audit/tell-act.ts';
import { checkRights, type KnownPermissions, tidyRights } from './domain/check-rights.ts';
import { describeChanges } from './domain/describe-changes.ts';
import { covers, type Grant, type Rights, unite } from './domain/permissions.ts';
import type { AccountState } from './storage/account-store.ts';
import { insertRole, type RoleState, readRoles, updateRole } from './storage/role-store.ts';

export interface RoleParts {
  database: Database;
  known: KnownPermissions;
  findAccount(id: string): Promise<AccountState>;
}

/** A grant as the contract has it: lists that are not given are empty. */
type AskedGrant = CreateRoleRequest['grants'][number];

export function roleUseCases({ database, known, findAccount }: RoleParts) {
  async function find(name: string): Promise<RoleState> {
    const role = (await readRoles(database)).find((one) => one.name === name);
    if (!role) throw new AppError('not_found', `There is no role "${name}".`);
    return role;
  }

  function readRights(asked: { permissions: readonly string[]; grants: readonly AskedGrant[] }, giver: Principal, at: string): Rights {
    const rights = { permissions: asked.permissions, grants: asked.grants.map(toGrant) };
    const violations = checkRights(rights, known, at);
    if (violations.length > 0) throw new AppError('invalid_input', 'A role cannot give this.', { violations });
    requireCovered(giver, rights);
    return tidyRights(rights);
  }

  return {
    find,

    async create<Answer>(wanted: CreateRoleRequest, call: Call, answer: (role: RoleState) => Answer): Promise<Answer> {
      const { name, titleEn, titleRu } = wanted;
      const role: RoleState = { name, titleEn, titleRu, ...readRights(wanted, call.principal, ''), version: 1 };
      try {
        const told = tellAct(call.principal, describeChanges(undefined, role, toldFields));
        return await call.commit({ statements: [insertRole(role)], events: [roleCreated({ name, version: 1, ...told })] }, answer(role));
      } catch (error) {
        if (violatedConstraint(error) !== 'role_pkey') throw error;
        const violations = [{ pointer: '/name', message: 'is taken by another role' }];
        throw new AppError('conflict', `There is a role "${name}" already.`, { violations, cause: error });
      }
    },

    async update<Answer>(wanted: UpdateRoleRequest, call: Call, answer: (role: RoleState) => Answer): Promise<Answer> {
      const before = await find(wanted.name);
      if (before.version !== wanted.expectedVersion) {
        throw new AppError(
          'conflict',
          `The role was changed meanwhile: it is at version ${before.version}, not ${wanted.expectedVersion}. Read it again.`,
        );
      }
      requireCovered(call.principal, before);
      const role: RoleState = {
        ...before,
        ...(wanted.titleEn !== undefined && { titleEn: wanted.titleEn }),
        ...(wanted.titleRu !== undefined && { titleRu: wanted.titleRu }),
        ...(wanted.rights && readRights(wanted.rights, call.principal, '/rights')),
        version: before.version + 1,
      };
      await refuseOwnLoss(call.principal, before, role);
      const told = roleUpdated({ name: role.name, version: role.version, ...tellAct(call.principal, describeChanges(before, role, toldFields)) });
      return call.commit({ statements: [updateRole(role)], events: [told] }, answer(role));
    },
  };

  /** An administrator who weakens the role that makes them one would lock everybody out. */
  async function refuseOwnLoss(principal: Principal, before: RoleState, after: RoleState): Promise<void> {
    if (principal.kind !== 'account' || covers(after, before)) return;
    const { roles } = await findAccount(principal.id);
    if (!roles.includes(before.name)) return;
    const others = (await readRoles(database)).filter(({ name }) => roles.includes(name) && name !== before.name);
    if (covers(unite([...others, after]), unite([...others, before]))) return;
    throw new AppError('illegal_state', 'Nobody can take away their own rights: ask another administrator.');
  }
}

/** What the audit log tells of a role. */
const toldFields = ['titleEn', 'titleRu', 'permissions', 'grants'] as const;

/** Throws AppError `not_allowed` for what is more than the giver has. */
export function requireCovered({ permissions, grants = [] }: Principal, wanted: Rights): void {
  if (covers({ permissions, grants }, wanted)) return;
  throw new AppError('not_allowed', 'That is more than you may do yourself: ask somebody who may do all of it.');
}

function toGrant({ permission, where, condition, without }: AskedGrant): Grant {
  return { permission, where: { ...where }, ...(condition !== undefined && { condition }), without };
}

/** Grants as the contract tells them. */
export function toGrants(grants: readonly Grant[]): AskedGrant[] {
  return grants.map(({ permission, where, condition, without = [] }) => ({
    permission,
    ...(Object.keys(where).length > 0 && {
      where: { class: [...(where['class'] ?? [])], organisation: [...(where['organisation'] ?? [])], site: [...(where['site'] ?? [])] },
    }),
    ...(condition !== undefined && { condition }),
    without: [...without],
  }));
}
