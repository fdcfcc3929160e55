import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { setTimers, type Timers } from '../../platform/timers/timers.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { settleDifference } from '../domain/stocktake/settle-difference.ts';
import { countOutcomes } from '../edits/count-outcomes.ts';
import { decideEdits } from '../edits/decide-edits.ts';
import type { Edit } from '../edits/edit.ts';
import { updateChangeSet } from '../history/change-set-store.ts';
import { findChangeSet } from '../history/change-sets.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import type { PageContext } from '../sources/decide-items.ts';
import type { PageParts } from '../sources/take-page.ts';
import { type KeptItem, readKeptItems, writeFates } from './counted-item-store.ts';
import { readStocktakes, type StocktakeState, updateStocktake } from './stocktake-store.ts';
import { stocktakeOf, stocktakeTimer } from './stocktakes.ts';

export interface StocktakeKeeping extends PageParts {
  newId(): string;
  /** Items of one commit. */
  pageSize?: number;
}

/** Pages in one turn: other timers of the service wait for no more than these. */
const pagesInTurn = 10;

/** Milliseconds for which a page is decided anew when somebody else wrote first. */
const patience = 30_000;

const firstId = '00000000-0000-0000-0000-000000000000';

/** Works out what the differences of closed stocktakes change, and applies them, page by page and on after a kill. */
export function keepStocktakes(keeping: StocktakeKeeping): Timers {
  const { database, pageSize = 500 } = keeping;
  const read = async (id: string) => (await readStocktakes(database, sql`id = ${id} and status in ('closing', 'applying')`))[0];

  async function goOn(id: string, now: number): Promise<Statement[]> {
    for (let page = 0; page < pagesInTurn; page++) {
      const isLast = await retryLostRace({ deadline: Date.now() + patience }, async () => {
        const stocktake = await read(id);
        return stocktake ? takePage(stocktake, now) : [];
      });
      if (isLast) return isLast;
    }
    const stocktake = await read(id);
    return stocktake ? [setTimers([{ key: stocktakeTimer(stocktake), due: now }])] : [];
  }

  /** Deals with the next items, in a commit; when there are none any more, gives what is to be written of the whole. */
  async function takePage(stocktake: StocktakeState, now: number): Promise<Statement[] | undefined> {
    const { id, lastItem = firstId } = stocktake;
    const items = await readKeptItems(database, id, sql`s.item_id > ${lastItem}::uuid order by s.item_id limit ${pageSize}::int`);
    const last = items.at(-1);
    if (!last) return finish(stocktake, now);
    const isApplied = stocktake.status === 'applying';
    const context = await contextOf(stocktake, now);
    const decided = await decideEdits(
      context,
      items.map((item) => toEdit(item, stocktake, context.model)),
    );
    const decisions = decided.decisions.map((decision, index) => ({
      ...decision,
      changedSince: isApplied && decision.version !== items[index]?.version,
    }));
    const after: StocktakeState = {
      ...stocktake,
      lastItem: last.itemId,
      done: stocktake.done + items.length,
      [isApplied ? 'applied' : 'preview']: countOutcomes(isApplied ? stocktake.applied : stocktake.preview, decisions),
      version: stocktake.version + 1,
      updatedAt: now,
    };
    await database.commit({
      statements: [...(isApplied ? decided.statements : []), writeFates(id, decisions), updateStocktake(after)],
      events: isApplied ? decided.events : [],
      at: now,
    });
    return undefined;
  }

  async function finish(stocktake: StocktakeState, now: number): Promise<Statement[]> {
    const isApplied = stocktake.status === 'applying';
    const status = isApplied ? 'applied' : 'closed';
    const statements = [updateStocktake({ ...stocktake, status, version: stocktake.version + 1, updatedAt: now })];
    if (!isApplied) return statements;
    const set = await findChangeSet(database, stocktake.id);
    const counts = { ...stocktake.applied };
    return [...statements, updateChangeSet({ ...set, status: 'done', counts, version: set.version + 1, updatedAt: new Date(now).toISOString() })];
  }

  async function contextOf(stocktake: StocktakeState, now: number): Promise<PageContext> {
    const { id, reason } = stocktake;
    const actor = { actorId: stocktake.appliedById ?? stocktake.actorId, actorName: stocktake.appliedBy ?? stocktake.actorName };
    const author = { ...actor, changeSetId: id, ...(reason !== undefined && { reason }) };
    return { database, model: await keeping.model(), source: 'manual', author, keptIn: id, now, newId: keeping.newId };
  }

  return {
    async handle(due, now) {
      const statements: Statement[] = [];
      const ids = new Set(due.flatMap(({ key }) => stocktakeOf(key) ?? []));
      for (const id of ids) statements.push(...(await goOn(id, now)));
      return { statements };
    },
  };
}

function toEdit(item: KeptItem, { settlement }: StocktakeState, model: CompiledModel): Edit {
  const known = model.classes.get(item.class)?.attributes;
  const { attributes, state } = settleDifference(
    item,
    settlement ?? { missing: 'leave', elsewhere: 'leave', unexpected: 'leave' },
    (attribute) => known?.has(attribute) ?? false,
  );
  return {
    itemId: item.itemId,
    patch: { attributes: toCanonicalText(attributes), addLookups: [], removeLookups: [] },
    ...(state !== undefined && { state }),
  };
}
