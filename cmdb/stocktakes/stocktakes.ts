import type { CloseStocktakeRequest, OpenStocktakeRequest } from '../../generated/opora/cmdb/v1/stocktakes.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { setTimers } from '../../platform/timers/timers.ts';
import { readAttributes } from '../domain/attributes.ts';
import type { Settlement } from '../domain/stocktake/settle-difference.ts';
import { countMeant, refuseEverything } from '../edits/items-meant.ts';
import { askedAttributes, whereItems } from '../find/item-filter.ts';
import { insertChangeSet } from '../history/change-set-store.ts';
import { beginChangeSet } from '../history/change-sets.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import { refuseAsking, refuseMasked, rightsReader } from '../rights/rights.ts';
import type { PageParts } from '../sources/take-page.ts';
import { insertStocktake, readStocktakes, type StocktakeState, type StocktakeStatus, updateStocktake } from './stocktake-store.ts';

/** The timer on which a stocktake goes on; each turn has one of its own. */
export function stocktakeTimer({ id, status, version }: Pick<StocktakeState, 'id' | 'status' | 'version'>): string {
  return `stocktake/${id}/${status}/${version}`;
}

export function stocktakeOf(timer: string): string | undefined {
  return /^stocktake\/([^/]*)\//.exec(timer)?.[1];
}

/** The life of a stocktake: open → closing → closed → applying → applied. Closed, it may be opened again, or closed otherwise. */
export function stocktakeUseCases({ database, model }: PageParts) {
  const rightsFor = rightsReader(model);

  async function find(id: string): Promise<StocktakeState> {
    const [stocktake] = await readStocktakes(database, sql`id = ${id}`);
    if (!stocktake) throw new AppError('not_found', `There is no stocktake "${id}".`);
    return stocktake;
  }

  /** From one of these to the beginning of another; what is so already is answered as it is. */
  function begin<Answer>(
    id: string,
    from: readonly StocktakeStatus[],
    more: Partial<StocktakeState> & Pick<StocktakeState, 'status'>,
    call: Call,
    answer: (stocktake: StocktakeState) => Answer,
  ): Promise<Answer> {
    return retryLostRace(call, async () => {
      const before = await find(id);
      // Who closes it again may want it settled otherwise.
      const isSo = (before.status === more.status && more.status !== 'closing') || (before.status === 'applied' && more.status === 'applying');
      if (isSo) return call.commit({}, answer(before));
      if (!from.includes(before.status)) throw new AppError('illegal_state', `It is ${before.status}, not ${from.join(' or ')}.`);
      const { lastItem: _, ...rest } = before;
      const after: StocktakeState = { ...rest, ...more, done: 0, version: before.version + 1, updatedAt: call.now };
      const statements = [updateStocktake(after)];
      if (after.status !== 'open') statements.push(setTimers([{ key: stocktakeTimer(after), due: call.now }]));
      if (after.status === 'applying') {
        const { title, reason } = after;
        statements.push(insertChangeSet({ ...beginChangeSet(call, { kind: 'stocktake', title, ...(reason !== undefined && { reason }) }), id }));
      }
      return call.commit({ statements }, answer(after));
    });
  }

  return {
    find,

    async open<Answer>(
      { title, filter, place, reason }: OpenStocktakeRequest,
      call: Call,
      answer: (stocktake: StocktakeState) => Answer,
    ): Promise<Answer> {
      refuseEverything(filter);
      refuseAsking(await rightsFor(call), askedAttributes(filter, '/filter'));
      const where = whereItems(filter, await model(), '/filter');
      const stocktake: StocktakeState = {
        id: call.newId(),
        title,
        status: 'open',
        filter,
        ...(place !== undefined && { place }),
        ...(reason !== undefined && { reason }),
        expected: await countMeant(database, where),
        found: 0,
        elsewhere: 0,
        unexpected: 0,
        unknown: 0,
        done: 0,
        preview: {},
        applied: {},
        actorId: call.principal.id,
        actorName: call.principal.name,
        version: 1,
        createdAt: call.now,
        updatedAt: call.now,
      };
      return call.commit({ statements: insertStocktake(stocktake, where) }, answer(stocktake));
    },

    async close<Answer>({ id, settlement = {} }: CloseStocktakeRequest, call: Call, answer: (stocktake: StocktakeState) => Answer): Promise<Answer> {
      const { missing = 'leave', elsewhere = 'move', unexpected = 'include', mark } = settlement;
      if ((missing === 'mark') !== (mark !== undefined))
        throw new AppError('invalid_input', 'What is missing cannot be settled so.', {
          violations: [{ pointer: '/settlement/mark', message: 'must be given when missing items are marked, and only then' }],
        });
      const settled: Settlement = {
        missing,
        elsewhere,
        unexpected,
        ...(mark !== undefined && { mark: readAttributes(mark, '/settlement/mark') }),
      };
      refuseMasked(await rightsFor(call), settled.mark ?? {}, '/settlement/mark');
      return begin(id, ['open', 'closed'], { status: 'closing', settlement: settled, preview: {} }, call, answer);
    },

    reopen: <Answer>(id: string, call: Call, answer: (stocktake: StocktakeState) => Answer) =>
      begin(id, ['closed'], { status: 'open' }, call, answer),

    /** Begins to apply the differences in the name of whoever asks. Asked again, it goes on. */
    apply: <Answer>(id: string, call: Call, answer: (stocktake: StocktakeState) => Answer) =>
      begin(id, ['closed'], { status: 'applying', appliedById: call.principal.id, appliedBy: call.principal.name }, call, answer),
  };
}
