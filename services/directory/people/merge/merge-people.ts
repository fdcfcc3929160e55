import { personMerged, personUnmerged } from '../../../../generated/opora/directory/v1/events.ts';
import type { GetMergeRequest, MergePeopleRequest, Person, PersonMerge } from '../../../../generated/opora/directory/v1/people.ts';
import { AppError } from '../../../../platform/errors/app-error.ts';
import type { Changes, Database } from '../../../../platform/postgres/database.ts';
import { sql } from '../../../../platform/postgres/sql.ts';
import type { Call } from '../../../../platform/rpc/call.ts';
import { mergePeople, takeBack } from '../../domain/people/merge-people.ts';
import { diffRecords } from '../../records/history.ts';
import { keepTree } from '../../records/keep-tree.ts';
import { readRecords } from '../../records/record-store.ts';
import { changesOf, recordUseCases } from '../../records/record-use-cases.ts';
import type { RecordState, Resource, Step } from '../../records/resource.ts';
import { person } from '../person.ts';
import { type ChangedRecord, insertMerge, type MergeState, markUndone, moveAccounts, readMerges, toMerge } from './merge-store.ts';
import { readReports, referrers, resources } from './refer-to.ts';

type Told = { changes: Changes; changed: ChangedRecord[] };

export function mergeUseCases(database: Database) {
  const people = recordUseCases(person, database);

  async function find({ personId, id }: GetMergeRequest): Promise<MergeState> {
    const [merge] = await readMerges(database, sql`id = ${id} and kept_id = ${personId}`);
    if (!merge) throw new AppError('not_found', `There is no merge "${id}" into this person.`);
    return merge;
  }

  /** What becomes of the people themselves: of both, and of those who reported to the double. */
  async function decidePeople(kept: Person, gone: Person, call: Call): Promise<Told> {
    const merged = mergePeople(kept, gone);
    const next = (state: Person, before: Person) => ({ ...state, version: before.version + 1, updatedAt: new Date(call.now).toISOString() });
    const reports = (await readReports(database, gone.id)).filter(({ id }) => id !== kept.id);
    const steps: Step<Person>[] = [
      { before: kept, after: next(merged.kept, kept) },
      { before: gone, after: next(merged.gone, gone) },
      ...reports.map((before) => ({ before, after: next({ ...before, managerId: kept.id }, before) })),
    ];
    const tree = await keepTree(database, person, steps);
    const changes = changesOf(person, steps, call, 'merged');
    return { changes: { ...changes, statements: [...(changes.statements ?? []), ...tree] }, changed: toChanged(person, steps) };
  }

  return {
    async get(request: GetMergeRequest): Promise<PersonMerge> {
      return toMerge(await find(request));
    },

    async merge({ id, goneId, reason }: MergePeopleRequest, call: Call): Promise<PersonMerge> {
      const [kept, gone] = [await people.find(id), await people.find(goneId)];
      requireMergeable(kept, gone);
      const told = [await decidePeople(kept, gone, call)];
      for (const { resource, where, rename } of referrers) {
        const found = await readRecords<never>(database, resource, where(gone.id));
        const steps = found.map((before) => ({ before, after: aged(rename(before, gone.id, kept.id), call.now) as never }));
        if (steps.length > 0) told.push({ changes: changesOf(resource, steps, call, 'merged'), changed: toChanged(resource, steps) });
      }
      const accounts = await database.query<{ id: string }>(sql`select id from account where person_id = ${gone.id}`);
      const merge: MergeState = {
        id: call.newId(),
        keptId: kept.id,
        goneId: gone.id,
        ...(reason !== undefined && { reason }),
        mergedAt: call.now,
        mergedBy: call.principal.name,
        changed: told.flatMap(({ changed }) => changed),
        accountIds: accounts.map((account) => account.id),
      };
      const act = personMerged({ personId: kept.id, goneId: gone.id, actorId: call.principal.id, actorName: call.principal.name });
      return call.commit(
        {
          statements: [
            ...told.flatMap(({ changes }) => changes.statements ?? []),
            ...moveAccounts(merge.accountIds, kept.id),
            sql`update awaited_manager set person_id = ${kept.id} where person_id = ${gone.id}
              and not exists (select 1 from awaited_manager a where a.person_id = ${kept.id})`,
            insertMerge(merge, call.principal.id),
          ],
          events: [...told.flatMap(({ changes }) => changes.events ?? []), act],
        },
        toMerge(merge),
      );
    },

    /** Each field is what it was, unless somebody has changed it since. */
    async undo(request: GetMergeRequest, call: Call): Promise<PersonMerge> {
      const merge = await find(request);
      if (merge.undoneAt !== undefined) throw new AppError('illegal_state', 'This merge was taken back already.');
      const { keptId, goneId } = merge;
      const kept = await people.find(keptId);
      if (kept.erasedAt !== undefined) throw new AppError('illegal_state', 'The data of this person was erased: nothing can be taken back.');
      if (kept.mergedIntoId !== undefined)
        throw new AppError('illegal_state', `${keptId} was merged into ${kept.mergedIntoId} since: take that back first.`);
      const all: Changes[] = [];
      for (const resource of resources) all.push(await takeBackRecords(resource, merge, call));
      const act = personUnmerged({ personId: keptId, goneId, actorId: call.principal.id, actorName: call.principal.name });
      return call.commit(
        {
          statements: [
            ...all.flatMap(({ statements = [] }) => statements),
            ...moveAccounts(merge.accountIds, goneId),
            markUndone(merge.id, call.now),
          ],
          events: [...all.flatMap(({ events = [] }) => events), act],
        },
        toMerge({ ...merge, undoneAt: call.now }),
      );
    },
  };

  async function takeBackRecords(resource: Resource<never>, { changed }: MergeState, call: Call): Promise<Changes> {
    const ofKind = new Map(changed.flatMap(({ kind, id, changes }) => (kind === resource.kind ? [[id, changes]] : [])));
    if (ofKind.size === 0) return {};
    const states = await readRecords<never>(database, resource, sql`r.id = any(${[...ofKind.keys()]}::uuid[])`);
    const steps = (states as RecordState[]).flatMap((before): Step<never>[] => {
      const after: Record<string, unknown> = { ...before };
      for (const change of ofKind.get(before.id) ?? []) {
        const value = takeBack(after[change.field], change);
        if (value === undefined) delete after[change.field];
        else after[change.field] = value;
      }
      // Of which kind it is, only its declaration knows, and that was chosen by it.
      const told = after as unknown as never;
      return diffRecords(resource, before as never, told).length > 0 ? [{ before: before as never, after: aged(told, call.now) as never }] : [];
    });
    if (steps.length === 0) return {};
    const tree = await keepTree(database, resource, steps);
    const changes = changesOf(resource, steps, call, 'unmerged');
    return { ...changes, statements: [...(changes.statements ?? []), ...tree] };
  }
}

function requireMergeable(kept: Person, gone: Person): void {
  const refuse = (message: string) => new AppError('illegal_state', message);
  if (kept.id === gone.id) throw refuse('A person cannot be merged into themselves: name the double.');
  for (const { id, mergedIntoId, erasedAt } of [kept, gone]) {
    if (mergedIntoId !== undefined) throw refuse(`${id} was merged into ${mergedIntoId} already: merge that one.`);
    if (erasedAt !== undefined) throw refuse(`The data of ${id} was erased: there is nothing to tell who it was.`);
  }
}

function aged(state: RecordState, now: number): RecordState {
  return { ...state, version: state.version + 1, updatedAt: new Date(now).toISOString() };
}

function toChanged<State extends RecordState>(resource: Resource<State>, steps: readonly Step<State>[]): ChangedRecord[] {
  return steps.flatMap(({ before, after }) => (before ? [{ kind: resource.kind, id: after.id, changes: diffRecords(resource, before, after) }] : []));
}
