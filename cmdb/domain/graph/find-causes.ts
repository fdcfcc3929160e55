import { type Failed, type FailureNet, type Group, groupOf, isAbsent, type Spread, spreadFrom, wayTo } from './failure-net.ts';
import type { Hop } from './find-paths.ts';

/** What speaks for an item: when it, or one of its relations, was changed shortly before (epoch milliseconds). */
export interface Evidence {
  changedAt?: number | undefined;
  relationChangedAt?: number | undefined;
}

export interface CauseQuestion {
  net: FailureNet;
  broken: readonly string[];
  up: readonly string[];
  /** Items to be weighed (`chooseCandidates`). */
  candidates: readonly string[];
  evidence: ReadonlyMap<string, Evidence>;
  /** Steps of failure, at most. */
  depth: number;
  /** Causes in the ranking, at most. */
  ranked: number;
  isTimeOver?: () => boolean;
}

export interface Explained {
  id: string;
  distance: number;
  weight: number;
  /** From the cause to it; empty when it is the cause itself. */
  way: Hop[];
}

/** One item, or several that fail together. */
export interface Cause {
  ids: string[];
  /** What it explains less what speaks against it, by how likely it is of itself. */
  score: number;
  explains: Explained[];
  /** Items that are said to be up, and would have failed. */
  contradicted: string[];
  /** Groups that would have held, with which it explains nothing. */
  holding: Group[];
}

export interface FoundCauses {
  /** A small set that explains all that can be explained. */
  causes: Cause[];
  /** What each candidate would explain by itself, best first. */
  ranking: Cause[];
  /** Broken items for which nothing accounts. */
  unexplained: string[];
  /** Not all was weighed: the time was over. */
  isOverTime: boolean;
}

/** How much less of a failure is believed with each step. */
const perStep = 0.9;

interface Candidate extends Cause {
  cost: number;
  spread: Spread;
}

/**
 * The candidates that explain most of the broken items with least. Each is weighed by what fails if it does; a set is chosen greedily by explanation for cost, groups of
 * members that fail together are tried, and whatever the others explain without it is dropped.
 */
export function findCauses(question: CauseQuestion): FoundCauses {
  const { broken, up, ranked } = question;
  const isUp = new Set(up);
  const single: Candidate[] = [];
  for (const id of question.candidates) {
    if (question.isTimeOver?.()) break;
    single.push(weigh([id], question, isUp));
  }
  const joint = question.isTimeOver?.() ? [] : listJoint(question, isUp).map((ids) => weigh(ids, question, isUp));
  const all = [...single, ...joint];
  const picked = improve(pickGreedily(all, question), joint, question, isUp);
  const causes = tell(picked, question, isUp).filter((one) => !isPlain(one, question));
  const explained = new Set(causes.flatMap(({ explains }) => explains.map(({ id }) => id)));
  return {
    causes: causes.map(toCause),
    ranking: all
      .filter((one) => saysSomething(one, question))
      .sort(compareCandidates)
      .slice(0, ranked)
      .map(toCause),
    unexplained: broken.filter((id) => !explained.has(id)),
    isOverTime: question.isTimeOver?.() ?? false,
  };
}

/**
 * The items that may be causes: the broken ones, and of those that lead to them the `most` that lead to most of them in the fewest steps. What is said to be up is none, nor is what
 * is planned or retired, unless it became so just now.
 */
export function chooseCandidates(
  question: Pick<CauseQuestion, 'net' | 'broken' | 'up' | 'evidence' | 'depth'>,
  most: number,
): { ids: string[]; areAll: boolean } {
  const { net, broken, up, evidence } = question;
  const isUp = new Set(up);
  const may = [...countReach(question)]
    .filter(([id]) => !isUp.has(id) && (!isAbsent(net, id) || evidence.get(id)?.changedAt !== undefined))
    .sort(([one, near], [other, far]) => far.count - near.count || near.steps - far.steps || (one < other ? -1 : 1))
    .map(([id]) => id);
  return { ids: [...new Set([...broken, ...may.slice(0, most)])].sort(), areAll: may.length <= most };
}

/** How many of the broken items each item leads to, and in how many steps in all, whatever would hold. */
function countReach({ net, broken, depth }: Pick<CauseQuestion, 'net' | 'broken' | 'depth'>): Map<string, { count: number; steps: number }> {
  const reach = new Map<string, { count: number; steps: number }>();
  for (const start of broken) {
    const seen = new Set([start]);
    let level = [start];
    for (let distance = 0; distance <= depth && level.length > 0; distance++) {
      const next: string[] = [];
      for (const id of level) {
        const { count, steps } = reach.get(id) ?? { count: 0, steps: 0 };
        reach.set(id, { count: count + 1, steps: steps + distance });
        for (const { from } of net.back.get(id) ?? []) {
          if (seen.has(from)) continue;
          seen.add(from);
          next.push(from);
        }
      }
      level = next;
    }
  }
  return reach;
}

/** The likelier it is by what is known of it, the less it costs to believe that it failed. */
export function costOf(id: string, { net, evidence }: Pick<CauseQuestion, 'net' | 'evidence'>): number {
  const { changedAt, relationChangedAt } = evidence.get(id) ?? {};
  const maintained = net.items.get(id)?.phase === 'maintenance' ? 0.4 : 1;
  return maintained * (changedAt !== undefined ? 0.6 : relationChangedAt !== undefined ? 0.8 : 1);
}

function weigh(ids: string[], question: CauseQuestion, isUp: ReadonlySet<string>): Candidate {
  const { net, broken, depth } = question;
  const spread = spreadFrom(ids, net, { up: isUp, depth });
  const explains = broken.flatMap((id) => toExplained(id, spread) ?? []);
  const isKnown = ids.every((id) => broken.includes(id));
  // That a broken item is broken is no guess: what is up in spite of it says nothing against it.
  const against = isKnown ? 0 : [...spread.contradicted.values()].reduce((sum, how) => sum + strengthOf(how), 0);
  const cost = ids.reduce((sum, id) => sum + costOf(id, question), 0);
  const score = round((explains.reduce((sum, one) => sum + strengthOf(one), 0) - against) / cost);
  return { ids, score, explains, contradicted: [...spread.contradicted.keys()].sort(), holding: spread.holding, cost, spread };
}

function toExplained(id: string, spread: Spread): Explained | undefined {
  const how = spread.failed.get(id);
  return how && { id, distance: how.distance, weight: how.weight, way: wayTo(spread, how) };
}

const strengthOf = ({ distance, weight }: Pick<Failed, 'distance' | 'weight'>) => weight * perStep ** distance;
const round = (value: number) => Math.round(value * 1000) / 1000;

/** Of each group that a broken item may hang on, the members that would have to fail together, the likeliest first. */
function listJoint(question: CauseQuestion, isUp: ReadonlySet<string>): string[][] {
  const { net, broken } = question;
  const isBroken = new Set(broken);
  const joint = new Map<string, string[]>();
  for (const [id, { needs }] of [...net.items].sort(([one], [other]) => (one < other ? -1 : 1))) {
    for (const type of needs.keys()) {
      const { members, needed } = groupOf(net, id, type) ?? { members: [], needed: 0 };
      const count = members.length - needed + 1;
      const likely = members
        .filter((member) => !isUp.has(member))
        .sort(
          (one, other) =>
            Number(isBroken.has(other)) - Number(isBroken.has(one)) || costOf(one, question) - costOf(other, question) || (one < other ? -1 : 1),
        );
      if (count > 1 && count <= mostTogether && likely.length >= count)
        joint.set(likely.slice(0, count).sort().join(), likely.slice(0, count).sort());
    }
  }
  return [...joint.values()].slice(0, mostJoint);
}

const mostTogether = 10;
const mostJoint = 50;

/** A broken item that explains nothing but itself, and of which nothing is known that speaks for it. */
function isPlain({ ids, explains }: Pick<Cause, 'ids' | 'explains'>, question: CauseQuestion): boolean {
  const [id = ''] = ids;
  return ids.length === 1 && explains.every((one) => one.id === id) && costOf(id, question) === 1 && question.broken.includes(id);
}

function saysSomething(candidate: Candidate, question: CauseQuestion): boolean {
  return candidate.holding.length > 0 || (candidate.explains.length > 0 && !isPlain(candidate, question));
}

function pickGreedily(candidates: readonly Candidate[], { broken }: CauseQuestion): Candidate[] {
  const left = new Set(broken);
  const picked: Candidate[] = [];
  while (left.size > 0) {
    let best: { candidate: Candidate; value: number } | undefined;
    for (const candidate of candidates) {
      const gained = candidate.explains.filter(({ id }) => left.has(id));
      if (gained.length === 0) continue;
      const rest = candidate.explains.reduce((sum, one) => sum + strengthOf(one), 0) - gained.reduce((sum, one) => sum + strengthOf(one), 0);
      const value = round(candidate.score - rest / candidate.cost);
      if (!best || value > best.value || (value === best.value && compareCandidates(candidate, best.candidate) < 0)) best = { candidate, value };
    }
    if (!best) break;
    picked.push(best.candidate);
    for (const { id } of best.candidate.explains) left.delete(id);
  }
  return picked;
}

/** Takes members of a group instead of what they explain together, where that is less to believe. */
function improve(picked: readonly Candidate[], joint: readonly Candidate[], question: CauseQuestion, isUp: ReadonlySet<string>): Candidate[] {
  const costs = (all: readonly Candidate[]) => round(all.reduce((sum, { cost }) => sum + cost, 0));
  let best = dropNeedless(picked, question, isUp);
  for (const one of joint) {
    if (question.isTimeOver?.()) break;
    if (best.includes(one)) continue;
    const other = dropNeedless([one, ...best], question, isUp);
    if (costs(other) < costs(best)) best = other;
  }
  return best;
}

/** Without those of them, the last first, without which the others still explain as much together. */
function dropNeedless(all: readonly Candidate[], { net, broken, depth }: CauseQuestion, isUp: ReadonlySet<string>): Candidate[] {
  const explained = (some: readonly Candidate[]) => {
    const { failed } = spreadFrom(idsOf(some), net, { up: isUp, depth });
    return broken.filter((id) => failed.has(id)).length;
  };
  const enough = explained(all);
  let kept = [...all];
  for (const one of [...all].reverse()) {
    const rest = kept.filter((other) => other !== one);
    if (explained(rest) === enough) kept = rest;
  }
  return kept;
}

const idsOf = (some: readonly Candidate[]) => [...new Set(some.flatMap(({ ids }) => ids))].sort();

/** Each broken item with the one of the chosen causes from which failure came to it, when all of them failed. */
function tell(picked: readonly Candidate[], { net, broken, depth }: CauseQuestion, isUp: ReadonlySet<string>): Candidate[] {
  const spread = spreadFrom(idsOf(picked), net, { up: isUp, depth });
  const all = broken.flatMap((id) => toExplained(id, spread) ?? []);
  const beginningOf = ({ id, way }: Explained) => way[0]?.from ?? id;
  return picked
    .map((one) => ({ ...one, explains: all.filter((explained) => one.ids.includes(beginningOf(explained))) }))
    .filter(({ explains }) => explains.length > 0);
}

function compareCandidates(one: Candidate, other: Candidate): number {
  return other.score - one.score || one.ids.length - other.ids.length || (one.ids.join() < other.ids.join() ? -1 : 1);
}

function toCause({ ids, score, explains, contradicted, holding }: Candidate): Cause {
  return { ids, score, explains, contradicted, holding };
}
