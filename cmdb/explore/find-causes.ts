import type {
  CauseItem,
  CauseList,
  CauseReason,
  Cause as CauseShape,
  CounterEvidence,
  Cut,
  FindCausesOfItemRequest,
  FindCausesRequest,
  GraphItem,
  PathStep,
} from '../../generated/opora/cmdb/v1/graph.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Call } from '../../platform/rpc/call.ts';
import type { FailureNet } from '../domain/graph/failure-net.ts';
import { type Cause, chooseCandidates, type Evidence, type FoundCauses, findCauses } from '../domain/graph/find-causes.ts';
import type { Hop } from '../domain/graph/find-paths.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { Models } from '../model/models.ts';
import { rightsReader } from '../rights/rights.ts';
import { nameItems, requireItem } from './name-items.ts';
import { until } from './question.ts';
import { readFailureNet, readRelationChanges } from './read-failure-net.ts';

const depth = 6;
/** What was changed in so many milliseconds before may have been the cause. */
const shortlyBefore = 24 * 3_600_000;
/** Candidates that are weighed besides the broken items, and that are told of. */
const weighed = 500;
const ranked = 20;

export interface SearchedCauses extends FoundCauses {
  net: FailureNet;
  evidence: ReadonlyMap<string, Evidence>;
  cuts: Cut[];
}

interface Search {
  broken: readonly string[];
  up: readonly string[];
  model: CompiledModel;
  /** As it was at this moment, and the moment before which changes count (epoch milliseconds). */
  at?: number | undefined;
  now: number;
  until: number;
}

/** Walks from the broken items, and from those that are up, against the direction of failure, and weighs what is there. */
export async function searchCauses(database: Database, { broken, up, model, at, now, until: end }: Search): Promise<SearchedCauses> {
  const since = (at ?? now) - shortlyBefore;
  const { net, evidence, cuts } = await readFailureNet(database, [...broken, ...up], { model, depth, until: end, at, since });
  const asked = { net, broken, up, evidence, depth };
  const { ids, areAll } = chooseCandidates(asked, weighed);
  if (!areAll) cuts.push({ by: 'items', message: `Of those that lead to what is broken, only the ${weighed} that lead to most of it were weighed.` });
  for (const [id, relationChangedAt] of await readRelationChanges(database, ids, since, at ?? now))
    evidence.set(id, { ...evidence.get(id), relationChangedAt });
  const found = findCauses({ ...asked, candidates: ids, ranked, isTimeOver: () => performance.now() > end });
  if (found.isOverTime) cuts.push({ by: 'time', message: 'The time was over before all candidates were weighed.' });
  return { ...found, net, evidence, cuts };
}

export function causeMethods({ database, models }: { database: Database; models: Pick<Models, 'current' | 'newest'> }) {
  const rightsFor = rightsReader(models.current);

  async function answer(asked: { items: readonly string[]; up: readonly string[]; asOf?: string }, call: Call): Promise<CauseList> {
    const [broken, up] = [[...new Set(asked.items)], [...new Set(asked.up)]];
    const violations = up.flatMap((id, index) =>
      broken.includes(id) ? [{ pointer: `/up/${index}`, message: 'is among the broken items: it cannot be both' }] : [],
    );
    if (violations.length > 0) throw new AppError('invalid_input', 'An item is broken or up.', { violations });
    const { sight } = await rightsFor(call);
    const model = await models.current();
    const by = { sight, model, at: asked.asOf === undefined ? undefined : Date.parse(asked.asOf) };
    const known = await nameItems(database, [...broken, ...up], by);
    for (const id of [...broken, ...up]) requireItem(known, id, by.at);
    const found = await searchCauses(database, { broken, up, model, at: by.at, now: call.now, until: until(call) });
    const ids = idsIn(found);
    return describe(found, ids, await nameItems(database, ids, by), new Set(broken));
  }

  return {
    findCauses: ({ items, up, asOf }: FindCausesRequest, call: Call) => answer({ items, up, ...(asOf !== undefined && { asOf }) }, call),
    findCausesOfItem: ({ id, with: others, asOf }: FindCausesOfItemRequest, call: Call) =>
      answer({ items: [id, ...others], up: [], ...(asOf !== undefined && { asOf }) }, call),
  };
}

function idsIn({ causes, ranking, unexplained }: SearchedCauses): string[] {
  const inCause = ({ ids, explains, contradicted, holding }: Cause) => [
    ...ids,
    ...explains.flatMap(({ id, way }) => [id, ...way.map(({ to }) => to)]),
    ...contradicted,
    ...holding.map(({ id }) => id),
  ];
  return [...new Set([...[...causes, ...ranking].flatMap(inCause), ...unexplained])];
}

function describe(
  { causes, ranking, unexplained, net, evidence, cuts }: SearchedCauses,
  ids: readonly string[],
  items: ReadonlyMap<string, GraphItem>,
  broken: ReadonlySet<string>,
): CauseList {
  const seen = (id: string) => {
    const item = items.get(id);
    return item ? { item, hidden: false } : { hidden: true };
  };
  const reasonsFor = (id: string): CauseReason[] => {
    const { changedAt, relationChangedAt } = evidence.get(id) ?? {};
    return [
      ...(broken.has(id) ? [{ kind: 'broken' as const }] : []),
      ...(net.items.get(id)?.phase === 'maintenance' ? [{ kind: 'maintenance' as const }] : []),
      ...(changedAt !== undefined ? [{ kind: 'changed' as const, at: new Date(changedAt).toISOString() }] : []),
      ...(relationChangedAt !== undefined ? [{ kind: 'relation_changed' as const, at: new Date(relationChangedAt).toISOString() }] : []),
    ];
  };
  const toPath = (id: string, way: readonly Hop[]): PathStep[] => [
    seen(way[0]?.from ?? id),
    ...way.map(({ to, type, way: direction }) => ({ ...seen(to), type, direction })),
  ];
  const toCause = ({ ids: own, score, explains, contradicted, holding }: Cause): CauseShape => ({
    items: own.map((id): CauseItem => ({ ...seen(id), reasons: items.has(id) ? reasonsFor(id) : [] })),
    score,
    explains: explains.flatMap(({ id, way, weight }) => {
      const item = items.get(id);
      return item ? [{ item, path: toPath(id, way), weight }] : [];
    }),
    against: [
      ...contradicted.map((id): CounterEvidence => ({ kind: 'up', ...seen(id) })),
      ...holding.map(
        ({ id, type, members, needed }): CounterEvidence => ({
          kind: 'holds',
          ...seen(id),
          ...(items.has(id) && { type, members: members.length, needed }),
        }),
      ),
    ],
  });
  return {
    causes: causes.map(toCause),
    candidates: ranking.map(toCause),
    unexplained: unexplained.flatMap((id) => items.get(id) ?? []),
    hidden: ids.filter((id) => !items.has(id)).length,
    cuts,
  };
}
