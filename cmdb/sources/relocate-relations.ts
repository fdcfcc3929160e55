import { sql } from '../../platform/postgres/sql.ts';
import { announceRelation } from '../announce.ts';
import { unrelate } from '../domain/relation.ts';
import { readRelations, writeRelations } from '../storage/relation-store.ts';
import type { PageContext } from './decide-items.ts';
import { type RelationLink, readRelationLinksWhere, writeRelationLinks } from './relation-link-store.ts';
import type { RelationInput } from './source-page.ts';

/**
 * Keys stand for other items now: what their source said of relations by these keys, it says of those. Ends the relations that nobody says any more, and
 * gives back what is to be related anew.
 */
export async function relocateRelations({ database, source, author, now, keptIn }: PageContext, keys: readonly string[]): Promise<RelationInput[]> {
  const links = await readRelationLinksWhere(
    database,
    sql`l.source = ${source} and (l.from_key = any(${keys}::text[]) or l.to_key = any(${keys}::text[])) and l.gone_at is null and l.relation_id is not null`,
  );
  if (links.length === 0) return [];
  const seqs = links.flatMap(({ seq }) => seq ?? []);
  const left = await readRelations(
    database,
    sql`id = any(${[...new Set(links.flatMap(({ relationId }) => relationId ?? []))]}::uuid[]) and state = 'active' and source <> 'manual' and not exists
      (select 1 from relation_link o where o.relation_id = relation.id and o.gone_at is null and o.seq <> all(${seqs}::bigint[]))`,
  );
  const ended = left.flatMap((relation) => unrelate(relation, now) ?? []);
  const freed = links.map(({ relationId: _, ...link }): RelationLink => link);
  await database.commit({
    statements: [...writeRelations(ended, author), ...writeRelationLinks(freed, keptIn)],
    events: ended.map(announceRelation),
    at: now,
  });
  return links.map(({ type, fromKey, toKey }) => ({ type, fromKey, toKey }));
}
