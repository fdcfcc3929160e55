import type * as contract from '../../generated/opora/cmdb/v1/queries.ts';
import { AppError, type FieldViolation, isAppError } from '../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { type CompiledModel, classesWithin } from '../domain/model/compile-model.ts';
import type { CurrentModel } from '../model/models.ts';
import { refuseAsking, rightsReader } from '../rights/rights.ts';
import { countItems } from './count-items.ts';
import { askedAttributes, readFilter } from './item-filter.ts';
import { deleteQuery, insertQuery, readQueries, type StoredQuery, updateQuery } from './query-store.ts';
import { readPass } from './search-pass.ts';
import { askedBySort } from './sort-by-attribute.ts';

const fields = ['id', 'source', 'key', 'class', 'name', 'lookups', 'state', 'version', 'createdAt', 'updatedAt'];

/** A query that the caller may use: its own, or one that is shared. */
export async function findQuery(database: Database, id: string, { principal }: Pick<Call, 'principal'>): Promise<StoredQuery> {
  const [query] = await readQueries(database, sql`id = ${id}::uuid and (owner_id = ${principal.id} or shared = 'everyone')`);
  if (!query) throw new AppError('not_found', `There is no query "${id}" that you may use.`);
  return query;
}

/** The contract's methods. */
export function queryMethods({ database, model }: { database: Database; model: CurrentModel }): contract.QueryService {
  const rightsFor = rightsReader(model);

  async function findOwn(id: string, call: Call): Promise<StoredQuery> {
    const query = await findQuery(database, id, call);
    if (query.ownerId !== call.principal.id) throw new AppError('not_allowed', `"${query.name}" is ${query.ownerName}'s: only they may change it.`);
    return query;
  }

  async function save(query: StoredQuery, isNew: boolean, call: Call): Promise<contract.SavedQuery> {
    refuseAsking(await rightsFor(call), [...askedAttributes(query.filter, '/filter'), ...askedBySort(query.sort)]);
    check(query, await model());
    try {
      return await call.commit({ statements: [isNew ? insertQuery(query) : updateQuery(query)] }, query);
    } catch (error) {
      const [twin] = isAppError(error, 'conflict')
        ? await readQueries(database, sql`owner_id = ${query.ownerId} and name = ${query.name} and id <> ${query.id}::uuid`)
        : [];
      if (!twin) throw error;
      throw new AppError('conflict', `You have a query "${query.name}" already: it is ${twin.id}.`, { cause: error });
    }
  }

  return {
    createQuery({ filter, shared = 'private', ...asked }, call) {
      const at = new Date(call.now).toISOString();
      const owner = { ownerId: call.principal.id, ownerName: call.principal.name };
      return save({ id: call.newId(), ...owner, ...asked, filter: filter ?? noFilter, shared, version: 1, createdAt: at, updatedAt: at }, true, call);
    },
    getQuery: ({ id }, call) => findQuery(database, id, call),
    async listQueries({ limit = 50, after }, { principal }) {
      const [name = '', id = ''] = after === undefined ? [] : decodeCursor(after, ['string', 'uuid'], 'name');
      const place = after === undefined ? sql`true` : sql`(name, id) > (${name}::text, ${id}::uuid)`;
      const found = await readQueries(
        database,
        sql`(owner_id = ${principal.id} or shared = 'everyone') and ${place} order by name, id limit ${limit + 1}::int`,
      );
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, ...(found.length > limit && last && { next: encodeCursor([last.name, last.id], 'name') }) };
    },
    async updateQuery({ id, expectedVersion, columns, ...changes }, call) {
      const before = await findOwn(id, call);
      if (expectedVersion !== 0 && before.version !== expectedVersion)
        throw new AppError(
          'conflict',
          `"${before.name}" was changed meanwhile: it is at version ${before.version}, not ${expectedVersion}. Read it again.`,
        );
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      const updatedAt = new Date(call.now).toISOString();
      return save({ ...before, ...given, ...(columns.length > 0 && { columns }), version: before.version + 1, updatedAt }, false, call);
    },
    async deleteQuery({ id }, call) {
      const [query] = await readQueries(database, sql`id = ${id}::uuid`);
      return call.commit({ statements: query ? [deleteQuery((await findOwn(id, call)).id)] : [] }, {});
    },
    async countQuery({ id }, call) {
      const { filter } = await findQuery(database, id, call);
      const { masked, sight } = await rightsFor(call);
      refuseAsking({ masked }, askedAttributes(filter, '/filter'));
      return countItems(database, filter, await model(), sight);
    },
    async getSearchStatus() {
      const pass = await readPass(database);
      if (!pass) return { state: 'working', writtenItems: 0 };
      const { writing, changed, begunAt, endedAt } = pass;
      return {
        state: writing ? 'working' : 'ready',
        writtenItems: changed,
        begunAt: begunAt.toISOString(),
        ...(endedAt && { endedAt: endedAt.toISOString() }),
      };
    },
  };
}

const noFilter: StoredQuery['filter'] = { ids: [], where: [] };

/** A query that cannot be run is not kept. */
function check({ filter, columns }: StoredQuery, model: CompiledModel): void {
  const violations: FieldViolation[] = [];
  try {
    readFilter(filter, model, '/filter');
  } catch (error) {
    if (!isAppError(error, 'invalid_input')) throw error;
    violations.push(...error.violations);
  }
  const classes = filter.class === undefined ? [...model.classes.keys()] : [filter.class, ...classesWithin(model, filter.class)];
  for (const [index, column] of columns.entries()) {
    const isKnown = fields.includes(column) || classes.some((name) => model.classes.get(name)?.attributes.has(column));
    if (!isKnown)
      violations.push({ pointer: `/columns/${index}`, message: `"${column}" is no attribute of these items, and none of ${fields.join(', ')}` });
  }
  if (violations.length > 0) throw new AppError('invalid_input', 'This query cannot be run.', { violations });
}
