import { AppError, type FieldViolation } from '../../platform/errors/app-error.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { may, type Principal } from '../../platform/rpc/call.ts';
import type { Attributes } from '../domain/attributes.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { pointTo } from '../domain/model/pointer.ts';
import type { CurrentModel } from '../model/models.ts';
import { columnsOfItem, columnsOfVersion, holdingOf, isHeld, type Placed, whereHeld } from './grants.ts';

/** The permission without which sensitive attributes are neither shown nor taken. */
export const unmasking = 'cmdb.read_sensitive';

/** What a reader may see, as conditions for the queries that read. */
export interface Sight {
  /** True when there is nothing that is hidden. */
  seesAll: boolean;
  /** Items, on the table `item` or on its alias in a query. */
  items(alias?: string): Statement;
  /** Versions that have ended, on `item_version`: of an item that may be seen, and that could be seen as they were. */
  versions: Statement;
  /** Relations, on `relation`: both of its ends may be seen. */
  relations: Statement;
  /** The same for the relations that have this item at one end, and what `other` says at the other: that the one may be seen is asked once, and not for each. */
  relationsOf(itemId: string, other: Statement): Statement;
}

/** What somebody may see and change of the inventory. */
export interface ItemRights {
  sight: Sight;
  /** Attributes whose values are not shown. */
  masked: ReadonlySet<string>;
  canSee(item: Placed): boolean;
  canChange(item: Placed): boolean;
  changesAll: boolean;
}

/** For programs of the CMDB itself. */
export const fullSight: Sight = { seesAll: true, items: () => sql`true`, versions: sql`true`, relations: sql`true`, relationsOf: () => sql`true` };

/** For those who may not even know that something is there: it is looked for in vain. */
export const noSight: Sight = { seesAll: false, items: () => sql`false`, versions: sql`false`, relations: sql`false`, relationsOf: () => sql`false` };

export function rightsOf(principal: Principal, model: CompiledModel): ItemRights {
  const [read, write] = [holdingOf(principal, 'cmdb.read', model), holdingOf(principal, 'cmdb.write', model)];
  const visible = whereHeld(read, columnsOfItem('visible'));
  const isVisible = (id: Statement) => sql`exists (select 1 from item visible where visible.id = ${id} and ${visible})`;
  const sight: Sight =
    read === 'all'
      ? fullSight
      : {
          seesAll: false,
          items: (alias) => whereHeld(read, columnsOfItem(alias)),
          versions: sql`${whereHeld(read, columnsOfVersion)} and ${isVisible(sql`item_version.item_id`)}`,
          relations: sql`${isVisible(sql`relation.from_id`)} and ${isVisible(sql`relation.to_id`)}`,
          relationsOf: (itemId, other) => sql`(select true from item visible where visible.id = ${itemId} and ${visible}) and ${isVisible(other)}`,
        };
  return {
    sight,
    masked: may(principal, unmasking) ? new Set() : model.sensitive,
    canSee: (item) => isHeld(read, item),
    // Whoever changes an item is shown what it is then.
    canChange: (item) => write === 'all' || (isHeld(write, item) && isHeld(read, item)),
    changesAll: write === 'all',
  };
}

/** Gives the rights of whoever calls, by the model that holds. */
export function rightsReader(model: CurrentModel): (call: { principal: Principal }) => Promise<ItemRights> {
  return async ({ principal }) => rightsOf(principal, await model());
}

/** Throws AppError `not_found`, in the words for an item that never was, for what the caller may not even see; `not_allowed` for what they may only read. */
export function requireChange(rights: ItemRights, id: string, item: (Placed & { name: string }) | undefined): void {
  if (item && rights.canChange(item)) return;
  if (!item || !rights.canSee(item)) throw new AppError('not_found', `There is no item "${id}".`);
  throw new AppError('not_allowed', `You may see "${item.name}", but not change it: your cmdb.write is for other items.`);
}

/** Throws AppError `not_allowed` when an item would become one that the caller could not change. */
export function requireBecoming(rights: ItemRights, item: Placed & { name: string }): void {
  if (rights.canChange(item)) return;
  throw new AppError('not_allowed', `"${item.name}" would be of a class, an organisation or a site whose items you may not see and change.`);
}

/** Throws AppError `not_allowed` when some of the values given are of attributes that the caller may not see. */
export function refuseMasked({ masked }: Pick<ItemRights, 'masked'>, given: Attributes, at = '/attributes'): void {
  refuse(Object.keys(given).flatMap((name) => (masked.has(name) ? [{ pointer: pointTo(at, name), message: needed }] : [])));
}

/** Throws AppError `not_allowed` when it is asked by attributes whose values the caller may not see: the answer would tell them. */
export function refuseAsking({ masked }: Pick<ItemRights, 'masked'>, asked: readonly { attribute: string; pointer: string }[]): void {
  refuse(asked.flatMap(({ attribute, pointer }) => (masked.has(attribute) ? [{ pointer, message: needed }] : [])));
}

const needed = `is sensitive: this needs the permission ${unmasking}`;

function refuse(violations: readonly FieldViolation[]): void {
  if (violations.length > 0) throw new AppError('not_allowed', `Sensitive attributes need the permission ${unmasking}.`, { violations });
}
