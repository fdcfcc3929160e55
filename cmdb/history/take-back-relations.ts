import { sql } from '../../platform/postgres/sql.ts';
import { type RelationState, relate, unrelate } from '../domain/relation.ts';
import { type RelationVersionState, readRelationSources, readRelationsOfChangeSet } from '../storage/history-store.ts';
import { readRelations } from '../storage/relation-store.ts';
import { writeRelationChanges } from '../write-changes.ts';
import { insertConflicts, type RevertConflictState } from './change-set-store.ts';
import type { TakingBack } from './take-back-words.ts';

const firstId = '00000000-0000-0000-0000-000000000000';

/** Whether the relations that a change set made are ended, or those that it ended are made again: items go out of use and come back between the two. */
export type Direction = 'removed' | 'active';

/** Brings relations back to the state in which a change set found them, page by page. What is so already is passed over, so that a page may come again. */
export async function takeBackRelations(taking: TakingBack, to: Direction, pageSize: number): Promise<void> {
  const { database, set, now } = taking;
  for (let after = firstId; ; ) {
    const versions = wholeRelations(await readRelationsOfChangeSet(database, set.reverts ?? '', after, pageSize), pageSize);
    const last = [...versions.keys()].at(-1);
    if (last === undefined) return;
    const wanted = [...versions.values()].filter(([first]) => first?.state !== to);
    const ids = wanted.flatMap(([first]) => first?.relationId ?? []);
    const [relations, spoken, sources] = await Promise.all([
      readRelations(database, sql`id = any(${ids}::uuid[])`),
      to === 'removed' ? findStillSaid(taking, ids) : new Set<string>(),
      to === 'active'
        ? readRelationSources(
            database,
            wanted.flatMap(([first]) => first ?? []),
          )
        : new Map<string, string>(),
    ]);
    const present = new Map(relations.map((relation) => [relation.id, relation]));
    const conflicts: RevertConflictState[] = [];
    const reverted = wanted.flatMap((made) => {
      const found = present.get(made[0]?.relationId ?? '');
      if (!found || found.state === to || spoken.has(found.id)) return [];
      if (found.version !== made.at(-1)?.version) {
        conflicts.push({ changeSetId: set.id, entryId: found.id, kind: 'relation', detail: `It is ${found.state} by a later change.` });
        return [];
      }
      return (to === 'removed' ? unrelate(found, now) : relate(found, { ...found, source: sources.get(found.id) ?? found.source }, now)) ?? [];
    });
    const alive = to === 'active' ? await withLivingEnds(taking, reverted, conflicts) : reverted;
    const { statements, events } = await writeRelationChanges(taking, alive);
    if (conflicts.length > 0) statements.push(insertConflicts(conflicts));
    await database.commit({ statements, events });
    after = last;
  }
}

/** Of those of which the change set has spoken by a source's word, those of which somebody speaks nevertheless. */
async function findStillSaid({ database, set }: TakingBack, ids: readonly string[]): Promise<Set<string>> {
  const rows = await database.query<{ id: string }>(sql`select distinct l.relation_id as id from relation_link l
    where l.relation_id = any(${ids}::uuid[]) and l.gone_at is null
      and exists (select 1 from relation_word_before w where w.change_set_id = ${set.reverts ?? null} and w.relation_id = l.relation_id)`);
  return new Set(rows.map(({ id }) => id));
}

/** A relation comes back only between items that are in use. */
async function withLivingEnds(
  { database, set }: TakingBack,
  relations: readonly RelationState[],
  conflicts: RevertConflictState[],
): Promise<RelationState[]> {
  const ends = relations.flatMap(({ fromId, toId }) => [fromId, toId]);
  const living = await database.query<{ id: string }>(sql`select id from item where id = any(${ends}::uuid[]) and state = 'active'`);
  const alive = new Set(living.map(({ id }) => id));
  return relations.filter(({ id, fromId, toId }) => {
    const isAlive = alive.has(fromId) && alive.has(toId);
    if (!isAlive) conflicts.push({ changeSetId: set.id, entryId: id, kind: 'relation', detail: 'One of its ends is out of use.' });
    return isAlive;
  });
}

/** By relation, in the order of versions. A full page may end within a relation: that one is left for the next page. */
function wholeRelations(versions: readonly RelationVersionState[], pageSize: number): Map<string, RelationVersionState[]> {
  const byRelation = new Map<string, RelationVersionState[]>();
  for (const version of versions) byRelation.set(version.relationId, [...(byRelation.get(version.relationId) ?? []), version]);
  const last = versions.at(-1)?.relationId;
  if (versions.length === pageSize && byRelation.size > 1 && last !== undefined) byRelation.delete(last);
  return byRelation;
}
