import { sql } from '../../platform/postgres/sql.ts';
import { unrelate } from '../domain/relation.ts';
import { type RelationLink, readLinksOfRelations, writeRelationLinks } from '../sources/relation-link-store.ts';
import { markRelationsTakenBack, type RelationWordBefore, readRelationWordsToTakeBack } from '../sources/word-before-store.ts';
import { readRelations } from '../storage/relation-store.ts';
import { writeRelationChanges } from '../write-changes.ts';
import { insertConflicts } from './change-set-store.ts';
import type { TakingBack } from './take-back-words.ts';

/**
 * Takes back what sources have said of relations under a change set, one page of it, and ends the relations that nobody says any more. Gives whether there was
 * any. Relations that the change set ended come back when the items at their ends have.
 */
export async function takeBackRelationWords(taking: TakingBack, limit: number): Promise<boolean> {
  const { database, set, now } = taking;
  const reverted = set.reverts ?? '';
  const words = await readRelationWordsToTakeBack(database, reverted, limit);
  if (words.length === 0) return false;
  const sources = [...new Set(words.map(({ source }) => source))];
  const pages = await Promise.all(
    sources.map((one) =>
      readLinksOfRelations(
        database,
        one,
        words.filter(({ source }) => source === one),
      ),
    ),
  );
  const present = new Map(pages.flat().map((link) => [toWordKey(link), link]));
  const links: RelationLink[] = [];
  const conflicts: { changeSetId: string; entryId: string; kind: 'relation'; detail: string }[] = [];
  for (const word of words) {
    const link = present.get(toWordKey(word));
    if (!link) continue;
    if (link.revision !== word.revision) {
      const entryId = link.relationId ?? word.relationId;
      if (entryId !== undefined)
        conflicts.push({ changeSetId: set.id, entryId, kind: 'relation', detail: `"${word.source}" has spoken of it since.` });
      continue;
    }
    links.push(word.link ? { ...word.link, revision: link.revision } : { ...link, goneAt: link.goneAt ?? now });
  }
  const seqs = links.flatMap((link) => present.get(toWordKey(link))?.seq ?? []);
  const kept = new Set(links.flatMap(({ relationId, goneAt }) => (relationId !== undefined && goneAt === undefined ? [relationId] : [])));
  const left = [...new Set(links.flatMap((link) => present.get(toWordKey(link))?.relationId ?? []))].filter((id) => !kept.has(id));
  const orphans = await readRelations(
    database,
    sql`id = any(${left}::uuid[]) and state = 'active' and source <> 'manual' and not exists
      (select 1 from relation_link o where o.relation_id = relation.id and o.gone_at is null and o.seq <> all(${seqs}::bigint[]))`,
  );
  const { statements, events } = await writeRelationChanges(
    taking,
    orphans.flatMap((relation) => unrelate(relation, now) ?? []),
  );
  await database.commit({
    statements: [
      ...statements,
      ...writeRelationLinks(links, set.id),
      markRelationsTakenBack(reverted, words),
      ...(conflicts.length > 0 ? [insertConflicts(conflicts)] : []),
    ],
    events,
  });
  return true;
}

function toWordKey({ source, fromKey, type, toKey }: Pick<RelationWordBefore, 'source' | 'fromKey' | 'type' | 'toKey'>): string {
  return JSON.stringify([source, fromKey, type, toKey]);
}
