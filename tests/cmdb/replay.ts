import { toCanonicalText } from '../../cmdb/domain/attributes.ts';
import type { ComparedEntry } from '../../generated/opora/cmdb/v1/comparison.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';

/** Every version of an item or relation that there ever was, oldest first. */
export interface Past {
  kind: 'item' | 'relation';
  id: string;
  versions: { version: number; from: number; isThere: boolean; facts: Record<string, unknown>; actor: string }[];
}

type Version = Past['versions'][number];

/** All of the history, as it was written. */
export async function readPasts(database: Database): Promise<Past[]> {
  const rows = await database.query<{ kind: Past['kind']; id: string; version: number; at: Date; state: string; facts: object; actor: string }>(
    sql`select 'item' as kind, id, version, updated_at as at, state, actor_name as actor,
        jsonb_build_object('class', class, 'name', name, 'lookups', lookups, 'attributes', attributes) as facts from item
      union all select 'item', item_id, version, valid_from, state, actor_name,
        jsonb_build_object('class', class, 'name', name, 'lookups', lookups, 'attributes', attributes) from item_version
      union all select 'relation', id, version, updated_at, state, actor_name,
        jsonb_build_object('type', type, 'from', from_id, 'to', to_id, 'source', source) from relation
      union all select 'relation', v.relation_id, v.version, v.valid_from, v.state, v.actor_name,
        jsonb_build_object('type', r.type, 'from', v.from_id, 'to', v.to_id, 'source', v.source) from relation_version v join relation r on r.id = v.relation_id
      order by id, version`,
  );
  const pasts = new Map<string, Past>();
  for (const { kind, id, version, at, state, facts, actor } of rows) {
    const past = pasts.get(id) ?? { kind, id, versions: [] };
    pasts.set(id, past);
    past.versions.push({ version, from: at.getTime(), isThere: state === 'active', facts: facts as Version['facts'], actor });
  }
  return [...pasts.values()];
}

/** The version that held at a moment, whether it was in use or not. */
export const versionAt = ({ versions }: Past, at: number): Version | undefined => versions.findLast(({ from }) => from <= at);

export const versionsBetween = ({ versions }: Past, from: number, to: number): Version[] =>
  versions.filter((one) => one.from > from && one.from <= to);

export type State = Map<string, Record<string, unknown>>;

/** What was there at a moment, with its facts: attributes one by one. */
export function replay(pasts: readonly Past[], at: number): State {
  const state: State = new Map();
  for (const past of pasts) {
    const version = versionAt(past, at);
    if (version?.isThere) state.set(past.id, flatten(version.facts));
  }
  return state;
}

function flatten({ attributes, ...facts }: Version['facts']): Record<string, unknown> {
  const flat = Object.entries(attributes ?? {}).map(([name, value]) => [`attributes.${name}`, value]);
  return { ...facts, ...Object.fromEntries(flat) };
}

/** What the entries make of a state. Throws when what they say was before was not. */
export function applyEntries(before: State, entries: readonly ComparedEntry[]): State {
  const state: State = new Map(before);
  for (const { id, kind, change, ...entry } of entries) {
    const was = state.get(id);
    if ((change === 'added') === (was !== undefined)) throw new Error(`${kind} ${id} is ${change}, and it ${was ? 'was' : 'was not'} there.`);
    if (change === 'removed') {
      state.delete(id);
      continue;
    }
    const facts: Record<string, unknown> =
      kind === 'item' ? { lookups: [], ...was } : { type: entry.type, from: entry.from?.id, to: entry.to?.id, source: entry.source, ...was };
    for (const { field, before: told, after } of entry.differences) {
      if (change === 'changed' && told !== (was?.[field] === undefined ? undefined : toCanonicalText(was[field])))
        throw new Error(`${field} of ${id} was not ${told}.`);
      if (after === undefined) delete facts[field];
      else facts[field] = JSON.parse(after);
    }
    state.set(id, facts);
  }
  return state;
}
