import type { GetTimelineRequest, Timeline } from '../../generated/opora/cmdb/v1/timeline.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Call } from '../../platform/rpc/call.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { mergeNewest, type Place } from '../domain/timeline/place.ts';
import type { GraphMemory } from '../graph/memory/keep-memory.ts';
import type { ItemRights } from '../rights/rights.ts';
import { type DeclaredTypes, partTypes } from './declared-types.ts';
import { describeEntries } from './describe-entries.ts';
import { countEntries, readEntries, type StoredEntry } from './entry-store.ts';
import { findScope, toArray } from './find-scope.ts';
import {
  type FactsAsked,
  type ItemFact,
  type RelationFact,
  readBegunRelations,
  readChangedRelations,
  readEndedVersions,
  readPresentVersions,
} from './read-facts.ts';
import type { Span } from './span.ts';

export type Entry = StoredEntry | ItemFact | RelationFact;

export interface TimelineParts {
  database: Database;
  declared: DeclaredTypes;
  model: CompiledModel;
  rights: ItemRights;
  /** The present graph, where it stands in memory. */
  memory?: Pick<GraphMemory, 'fresh'> | undefined;
}

/** Of somebody in particular at most so many entries are looked through for one page. */
const mostLookedThrough = 2_000;
/** Hidden entries are counted up to this number. */
const mostHidden = 100;
const mostWalk = 2_000;
const order = '-at';

/** One page of the life of an item, newest first. */
export async function readTimeline(parts: TimelineParts, request: GetTimelineRequest, call: Call): Promise<Timeline> {
  const { database, declared, model, rights, memory } = parts;
  const { id, limit = 50, kind, person, below = false } = request;
  const span = readSpan(request);
  refuseUnknownKinds(kind, declared);
  const timeout = Math.max(0, Math.min(mostWalk, (call.deadline - Date.now()) / 2));
  const { itemIds, truncated } = await findScope(database, { id, below, sight: rights.sight, model, timeout, memory });
  const types = partTypes(declared, kind, call.principal);
  const isAsked = (one: string) => kind.length === 0 || kind.includes(one);

  const most = (person === undefined ? limit : Math.max(limit, mostLookedThrough)) + 1;
  const items = toArray(itemIds);
  const stages: ((asked: FactsAsked) => Promise<readonly Entry[]>)[][] = [
    isAsked('item') ? [(asked) => readPresentVersions(database, asked)] : [],
    [({ span: within }) => readEntries(database, { items, types: types.visible, span: within, limit: most })],
    [
      ...(isAsked('item') ? [(asked: FactsAsked) => readEndedVersions(database, asked)] : []),
      ...(isAsked('relation') ? [true, false] : []).flatMap((isOut) => [
        (asked: FactsAsked) => readBegunRelations(database, isOut, asked),
        (asked: FactsAsked) => readChangedRelations(database, isOut, asked),
      ]),
    ],
  ];
  let found: Entry[] = [];
  for (const sources of stages) {
    // What is older than a whole page of what was found already is of no use: those who are asked later need not look there.
    const last = found[most - 1];
    const within = last ? { ...span, from: Math.max(last.at, span.from ?? last.at) } : span;
    const more = await Promise.all(sources.map((read) => read({ items, span: within, sight: rights.sight, limit: most })));
    found = mergeNewest([found, ...more], most);
  }

  const matching = person === undefined ? found : found.filter((entry) => isOf(entry, person));
  const page = matching.slice(0, limit);
  const end = matching.length > limit ? page.at(-1) : found.length === most ? found.at(-1) : undefined;
  const hidden =
    person === undefined
      ? await countEntries(database, { items, types: types.hidden, span: end ? { ...span, until: end } : span, most: mostHidden })
      : 0;
  return {
    items: await describeEntries(parts, page),
    ...(end && { next: encodeCursor([new Date(end.at).toISOString(), end.type, end.id, end.version], order) }),
    hidden,
    about: itemIds.length,
    truncated,
  };
}

function readSpan({ from, to, after }: GetTimelineRequest): Span {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to))
    throw new AppError('invalid_input', 'There is no time between these moments.', {
      violations: [{ pointer: '/to', message: 'must be later than from' }],
    });
  return {
    ...(from !== undefined && { from: Date.parse(from) }),
    ...(to !== undefined && { to: Date.parse(to) }),
    ...(after !== undefined && { after: readPlace(after) }),
  };
}

function readPlace(cursor: string): Place {
  const [at, type, id, version] = decodeCursor(cursor, ['time', 'string', 'uuid', 'number'], order);
  return { at: Date.parse(at), type, id, version };
}

function refuseUnknownKinds(kinds: readonly string[], declared: DeclaredTypes): void {
  const known = [...new Set(['item', 'relation', ...[...declared.values()].map(({ timeline }) => timeline.kind)])];
  const violations = kinds.flatMap((kind, index) =>
    known.includes(kind) ? [] : [{ pointer: `/kind/${index}`, message: `is no kind of entry: use one of ${known.join(', ')}` }],
  );
  if (violations.length > 0) throw new AppError('invalid_input', 'Not all of these are kinds of entries.', { violations });
}

function isOf({ personId, personName }: Entry, person: string): boolean {
  return personId === person || personName?.toLowerCase() === person.toLowerCase();
}
