import type { RecordChange, RecordHistory } from '../../../generated/opora/directory/v1/records.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import type { Changes, Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { Call } from '../../../platform/rpc/call.ts';
import { findMissing, findTaken } from './check-references.ts';
import { diffRecords, listHistory, type Writer, writeHistory } from './history.ts';
import { keepTree } from './keep-tree.ts';
import { type ListRequest, listRecords, type Page } from './list-records.ts';
import { readRecords, writeExternalReferences, writeRecords } from './record-store.ts';
import { fieldsOf, type RecordState, type Resource, type Step } from './resource.ts';

/** What an update gives: fields to set, and names of fields to empty. */
export interface Patch {
  id: string;
  expectedVersion: number;
  clear: readonly string[];
}

export interface RecordUseCases<State extends RecordState> {
  find(id: string): Promise<State>;
  create(given: object, call: Call): Promise<State>;
  update(patch: Patch & object, call: Call): Promise<State>;
  list(request: ListRequest): Promise<Page<State>>;
  history(request: { id: string; limit?: number; after?: string }): Promise<RecordHistory>;
}

/** The use cases that all kinds of records have: what is special about one stands in its declaration. */
export function recordUseCases<State extends RecordState>(resource: Resource<State>, database: Database): RecordUseCases<State> {
  async function find(id: string): Promise<State> {
    const [state] = await readRecords(database, resource, sql`r.id = ${id}`);
    if (!state) throw new AppError('not_found', `There is no such record: ${resource.noun} "${id}".`);
    return state;
  }

  return {
    find,

    async create(given, call) {
      const after = prepareNew(resource, given, call);
      await requireSound(database, resource, after);
      return call.commit(changesOf(resource, [{ after }], call), after);
    },

    async update({ id, expectedVersion, clear, ...given }, call) {
      const before = await find(id);
      if (expectedVersion !== 0 && before.version !== expectedVersion) {
        throw new AppError('conflict', `It was changed meanwhile: it is at version ${before.version}, not ${expectedVersion}. Read it again.`);
      }
      const after = patchRecord(resource, before, { given, clear }, call.now);
      if (after === before) return call.commit({}, before);
      await requireSound(database, resource, after);
      const steps = [{ before, after }];
      const tree = await keepTree(database, resource, steps);
      const changes = changesOf(resource, steps, call);
      return call.commit({ ...changes, statements: [...(changes.statements ?? []), ...tree] }, after);
    },

    list: (request) => listRecords(database, resource, request),

    async history(request) {
      await find(request.id);
      return listHistory(database, resource.kind, request);
    },
  };
}

/** A new record of what was given. */
export function prepareNew<State extends RecordState>(resource: Resource<State>, given: object, writer: Pick<Writer, 'now' | 'newId'>): State {
  const at = new Date(writer.now).toISOString();
  const blank = { active: true, externalReferences: [], ...resource.defaults };
  // The contract has seen to it that what is required was given.
  const state = { ...blank, ...withoutUndefined(given), id: writer.newId(), version: 1, createdAt: at, updatedAt: at } as unknown as State;
  return tidyRecord(resource, state);
}

/** The record after a patch; the same object when nothing is different. A list that is given is what there is from now on, an empty one says nothing. */
export function patchRecord<State extends RecordState>(
  resource: Resource<State>,
  before: State,
  { given, clear }: { given: object; clear: readonly string[] },
  now: number,
): State {
  const types = fieldsOf(resource as never);
  const patched = { ...before } as unknown as Record<string, unknown>;
  for (const field of clear) {
    if (types[field] === 'list' || types[field] === 'texts') patched[field] = [];
    else delete patched[field];
  }
  for (const [field, value] of Object.entries(given)) {
    if (value !== undefined && field in types && !(Array.isArray(value) && value.length === 0)) patched[field] = value;
  }
  const state = patched as unknown as State;
  const after = tidyRecord(resource, state);
  if (diffRecords(resource, before, after).length === 0) return before;
  return { ...after, version: before.version + 1, updatedAt: new Date(now).toISOString() };
}

/** Throws AppError `invalid_input` with all that is wrong with it, by itself or with what it names; `conflict` when another has its external reference. */
export async function requireSound<State extends RecordState>(database: Database, resource: Resource<State>, state: State): Promise<void> {
  const violations = [...(resource.check?.(state) ?? []), ...(await findMissing(database, resource.references(state)))];
  if (violations.length === 0) violations.push(...((await resource.checkBeside?.(state, database)) ?? []));
  if (violations.length > 0) throw new AppError('invalid_input', `That cannot be ${resource.noun}.`, { violations });
  const taken = await findTaken(database, resource.kind, state);
  if (taken.length > 0) throw new AppError('conflict', 'Another record has this external reference.', { violations: taken });
}

/** All that is written of records that are new or changed: state, names in other systems, history, events. */
export function changesOf<State extends RecordState>(
  resource: Resource<State>,
  steps: readonly Step<State>[],
  writer: Writer,
  action?: RecordChange['action'],
): Changes {
  return {
    statements: [writeRecords(resource, steps), ...writeExternalReferences(resource, steps), writeHistory(resource, steps, writer, action)],
    events: steps.map(({ before, after }) => resource.announce(after, before ? 'updated' : 'created')),
  };
}

/** One form for equal values: moments in UTC with milliseconds, and what the resource itself tidies. */
function tidyRecord<State extends RecordState>(resource: Resource<State>, state: State): State {
  const tidy = { ...state } as unknown as Record<string, unknown>;
  for (const [field, type] of Object.entries(fieldsOf(resource as never))) {
    const value = tidy[field];
    if (type === 'moment' && typeof value === 'string') tidy[field] = new Date(value).toISOString();
  }
  const told = tidy as unknown as State;
  return resource.tidy ? resource.tidy(told) : told;
}

function withoutUndefined(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
