import type { Cut } from '../../generated/opora/cmdb/v1/graph.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Scope, Span } from '../domain/comparison/read-question.ts';
import { type CompiledModel, classesWithin } from '../domain/model/compile-model.ts';
import { collectItems, collectRelations } from './collect-within.ts';
import { selectChangedRelations } from './judge-relations.ts';
import { reachBelow } from './reach-below.ts';

const mostItems = 20_000;
const mostRelations = 50_000;

/** Items and relations of a scope: at least all of them that changed in the span, but for what the cuts say. */
export interface Collected {
  itemIds: string[];
  relationIds: string[];
  cuts: Cut[];
}

interface Wanted {
  model: CompiledModel;
  wantsRelations: boolean;
  /** By `performance.now()`. */
  until: number;
}

export async function collectScope(database: Database, scope: Scope, span: Span, wanted: Wanted): Promise<Collected> {
  const { kind, value } = scope;
  if (kind === 'item' || kind === 'below') return collectNamed(database, scope, span, wanted);
  const place = kind === 'site' ? { site: value } : { classes: classesWithin(wanted.model, value) };
  const { until } = wanted;
  const collecting = { place, span, mostItems, mostRelations };
  // Relations get what time items leave.
  const items = await collectItems(database, { ...collecting, until: performance.now() + (until - performance.now()) / 2 });
  if (!wanted.wantsRelations) return { itemIds: items.ids, relationIds: [], cuts: items.cuts };
  const relations = await collectRelations(database, { ...collecting, until }, items.ids);
  return { itemIds: items.ids, relationIds: relations.ids, cuts: [...items.cuts, ...relations.cuts] };
}

async function collectNamed(database: Database, { kind, value }: Scope, span: Span, { model, wantsRelations, until }: Wanted): Promise<Collected> {
  const below = kind === 'item' ? { ids: [value], isCut: false } : await belowAtBoth(database, value, span, model, until);
  const itemIds = below.ids.slice(0, mostItems);
  const relations = wantsRelations ? await changedRelations(database, itemIds, span) : [];
  return {
    itemIds,
    relationIds: relations.slice(0, mostRelations),
    cuts: [
      ...(below.isCut || below.ids.length > mostItems
        ? [
            {
              by: performance.now() > until ? ('time' as const) : ('items' as const),
              message: `Only ${itemIds.length} of the items below were compared.`,
            },
          ]
        : []),
      ...(relations.length > mostRelations
        ? [{ by: 'limit' as const, message: `Only the ${mostRelations} relations that were changed last were compared.` }]
        : []),
    ],
  };
}

async function belowAtBoth(database: Database, id: string, { from, to }: Span, model: CompiledModel, until: number) {
  const limits = { most: mostItems, until };
  const [before, after] = await Promise.all([reachBelow(database, id, from, model, limits), reachBelow(database, id, to, model, limits)]);
  return { ids: [...new Set([...after.ids, ...before.ids])], isCut: before.isCut || after.isCut };
}

async function changedRelations(database: Database, itemIds: readonly string[], { from }: Span): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    sql`select id from (${selectChangedRelations(itemIds, from)}) changed order by updated_at desc, id limit ${mostRelations + 1}::int`,
  );
  return rows.map(({ id }) => id);
}
