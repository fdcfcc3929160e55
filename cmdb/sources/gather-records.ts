import type { Database } from '../../platform/postgres/database.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { commitTogether } from '../../platform/rpc/commit-together.ts';
import { currentTraceparent, withTraceparent } from '../../platform/telemetry/tracing.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { takeTurns } from '../take-turns.ts';
import { listTurnKeys } from './list-turn-keys.ts';
import type { ItemInput, RecordOutcome } from './source-page.ts';
import type { pageTaker } from './take-page.ts';

export interface GatheringParts {
  database: Database;
  model(): Promise<CompiledModel>;
  takePage: ReturnType<typeof pageTaker>;
}

/** What one caller says. */
export interface SaidRecords {
  source: string;
  items: readonly ItemInput[];
  reason?: string;
}

interface Caller extends SaidRecords {
  call: Call;
  answer(outcomes: readonly RecordOutcome[]): unknown;
  traceparent: string | undefined;
  /** What no two callers of one page may have in common. */
  keys: readonly string[];
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

interface Lane {
  waiting: Caller[];
  /** Keys of the pages under way. */
  held: Set<string>;
  pages: number;
}

/** Whoever brings more than this has a page of his own. */
const fewRecords = 10;
const mostCallers = 100;
/** So many pages of a lane at once: while PostgreSQL writes one, the next is decided. */
const mostPages = 2;

/**
 * Takes what many callers say at the same moment as one page, when they are the same person and speak for the same source: a page costs little more than one
 * record does. Nobody waits for others to come; those who come while pages are under way go together. Each has an answer of its own, under his own
 * idempotency key and his own trace. When anything stands in the way of a page, each of its callers is served by himself.
 */
export function recordGatherer({ database, model, takePage }: GatheringParts) {
  const lanes = new Map<string, Lane>();
  const turns = takeTurns(database);

  return async function takeRecords<Answer>(said: SaidRecords, call: Call, answer: (outcomes: readonly RecordOutcome[]) => Answer): Promise<Answer> {
    const { source, items, reason } = said;
    const { kind, id, name } = call.principal;
    // A service may decide as if it were another moment.
    const isAlone = items.length > fewRecords || kind === 'service' || database.isInTransaction();
    if (isAlone) {
      const own = items.map(({ key }) => `${source} ${key}`);
      return turns(own, () => takePage({ ...said, relations: [] }, call, (outcome) => answer(outcome.items)));
    }
    const laneName = JSON.stringify([source, id, name, reason]);
    const lane = lanes.get(laneName) ?? { waiting: [], held: new Set(), pages: 0 };
    lanes.set(laneName, lane);
    const keys = listTurnKeys(await model(), source, items);
    return new Promise<Answer>((resolve, reject) => {
      const caller: Caller = {
        ...said,
        call,
        answer,
        traceparent: currentTraceparent(),
        keys,
        resolve: (given) => resolve(given as Answer),
        reject,
      };
      lane.waiting.push(caller);
      goOn(laneName, lane);
    });
  };

  function goOn(laneName: string, lane: Lane): void {
    while (lane.pages < mostPages) {
      const callers = chooseCallers(lane);
      if (callers.length === 0) break;
      lane.pages++;
      void takeTogether(callers).finally(() => {
        lane.pages--;
        for (const { keys } of callers) for (const key of keys) lane.held.delete(key);
        goOn(laneName, lane);
      });
    }
    if (lane.pages === 0 && lanes.get(laneName) === lane) lanes.delete(laneName);
  }

  /** Serves each of them, and never throws. */
  async function takeTogether(callers: readonly Caller[]): Promise<void> {
    try {
      const answers = await withTraceparent(callers[0]?.traceparent, () => takeAsPage(callers));
      for (const [index, { resolve }] of callers.entries()) resolve(answers[index]);
    } catch (error) {
      if (callers.length === 1) callers[0]?.reject(error);
      else await Promise.all(callers.map(takeAlone));
    }
  }

  async function takeAlone({ source, items, reason, call, answer, traceparent, resolve, reject }: Caller): Promise<void> {
    const page = { source, items, relations: [], ...(reason !== undefined && { reason }) };
    try {
      resolve(await withTraceparent(traceparent, () => takePage(page, call, (outcome) => answer(outcome.items))));
    } catch (error) {
      reject(error);
    }
  }

  async function takeAsPage(callers: readonly Caller[]): Promise<readonly unknown[]> {
    const [first, ...others] = callers;
    if (!first) return [];
    const { source, reason } = first;
    if (others.length === 0) {
      return [
        await takePage({ source, items: first.items, relations: [], ...(reason !== undefined && { reason }) }, first.call, ({ items }) =>
          first.answer(items),
        ),
      ];
    }
    const latest = callers.reduce((one, other) => (other.call.now > one.call.now ? other : one)).call;
    const causes = callers.flatMap(({ items, traceparent }) =>
      traceparent === undefined ? [] : items.map(({ key }) => [key, traceparent] as const),
    );
    const together: Call = {
      principal: latest.principal,
      now: latest.now,
      deadline: Math.min(...callers.map(({ call }) => call.deadline)),
      signal: latest.signal,
      log: latest.log,
      newId: () => latest.newId(),
      within: (milliseconds, more) => latest.within(milliseconds, more),
      // Of each it was seen before they came together.
      async endIfRepeated() {},
      prepare: () => {
        throw new Error('A page of several calls has an answer for each of them.');
      },
      async commit(changes, answers) {
        const answered = callers.map(({ call }, index) => ({ call, answer: (answers as readonly unknown[])[index] }));
        await commitTogether(database, { ...changes, at: latest.now }, answered);
        return answers;
      },
    };
    const page = {
      source,
      items: callers.flatMap(({ items }) => items),
      relations: [],
      causes: new Map(causes),
      ...(reason !== undefined && { reason }),
    };
    return takePage(page, together, ({ items: outcomes }) => {
      let place = 0;
      return callers.map(({ items, answer }) => answer(outcomes.slice(place, (place += items.length))));
    });
  }
}

/** Those who have waited longest and have nothing in common with each other, nor with a page under way. */
function chooseCallers({ waiting, held }: Lane): Caller[] {
  const chosen: Caller[] = [];
  const left: Caller[] = [];
  for (const caller of waiting) {
    if (chosen.length < mostCallers && !caller.keys.some((key) => held.has(key))) {
      chosen.push(caller);
      for (const key of caller.keys) held.add(key);
    } else left.push(caller);
  }
  waiting.splice(0, waiting.length, ...left);
  return chosen;
}
