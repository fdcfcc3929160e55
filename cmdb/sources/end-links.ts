import { sql } from '../../platform/postgres/sql.ts';
import { unrelate } from '../domain/relation.ts';
import type { ItemChange } from '../storage/item-store.ts';
import { readRelations } from '../storage/relation-store.ts';
import { type Written, writeItemChanges, writeRelationChanges } from '../write-changes.ts';
import { assignToItems, nothingKnown } from './assign-to-items.ts';
import type { PageContext } from './decide-items.ts';
import type { Link } from './link.ts';
import { readLinks, writeLinks } from './link-store.ts';
import { type RelationLink, readLinksOfRelations, writeRelationLinks } from './relation-link-store.ts';
import type { RelationInput } from './source-page.ts';
import { readWholeItems, silence, toChange, type WholeItem } from './whole-items.ts';

export type Ended = Written;

/** The source does not know these keys any more. Their links stay as tombstones, so that a key is recognised when it comes again. */
export async function endLinks(context: PageContext, keys: readonly string[]): Promise<Ended> {
  const { database, source } = context;
  return endTheseLinks(context, await readLinks(database, sql`l.source = ${source} and l.key = any(${keys}::text[]) and l.gone_at is null`));
}

export async function endTheseLinks(context: PageContext, links: readonly Link[]): Promise<Ended> {
  const { database, model, now } = context;
  const items = await readWholeItems(database, [...new Set(links.map(({ itemId }) => itemId))]);
  const gone = links.map((link): Link => ({ ...link, goneAt: now }));
  for (const link of gone) {
    const whole = items.get(link.itemId);
    if (whole) silence(whole, link, model, now);
  }
  const changed = await writeWholeItems(context, [...items.values()]);
  return { statements: [...changed.statements, ...writeLinks(gone, [], context.keptIn)], events: changed.events };
}

/** What is to be written of items but for their links. */
export async function writeWholeItems(
  context: Pick<PageContext, 'database' | 'model' | 'author' | 'now' | 'isCorrection'>,
  items: readonly WholeItem[],
): Promise<Ended & { changes: readonly ItemChange[] }> {
  const written = await writeItemChanges(
    context,
    items.flatMap((whole) => toChange(whole, context.now) ?? []),
  );
  const identifiers = await assignToItems(context.database, items, nothingKnown);
  return { ...written, statements: [...written.statements, ...identifiers] };
}

export async function endRelationLinks(context: PageContext, relations: readonly RelationInput[]): Promise<Ended> {
  const links = await readLinksOfRelations(context.database, context.source, relations);
  return endTheseRelationLinks(
    context,
    links.filter(({ goneAt }) => goneAt === undefined),
  );
}

/** A relation ends when nobody says it any more: no source, and no person has made it. */
export async function endTheseRelationLinks(context: PageContext, links: readonly RelationLink[]): Promise<Ended> {
  const { database, now, keptIn } = context;
  const gone = links.map((link): RelationLink => ({ ...link, goneAt: now }));
  const ids = [...new Set(gone.flatMap(({ relationId }) => relationId ?? []))];
  const seqs = gone.flatMap(({ seq }) => seq ?? []);
  const orphans = await readRelations(
    database,
    sql`id = any(${ids}::uuid[]) and state = 'active' and source <> 'manual' and not exists
      (select 1 from relation_link o where o.relation_id = relation.id and o.gone_at is null and o.seq <> all(${seqs}::bigint[]))`,
  );
  const { statements, events } = await writeRelationChanges(
    context,
    orphans.flatMap((relation) => unrelate(relation, now) ?? []),
  );
  return { statements: [...statements, ...writeRelationLinks(gone, keptIn)], events };
}
