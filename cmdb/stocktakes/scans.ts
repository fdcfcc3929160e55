import type { RecordScansRequest, ResolveScanRequest } from '../../generated/opora/cmdb/v1/stocktakes.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Statement } from '../../platform/postgres/sql.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { readAttributes } from '../domain/attributes.ts';
import type { ItemState } from '../domain/item.ts';
import { type CountedItem, countScan } from '../domain/stocktake/count-scan.ts';
import type { itemUseCases } from '../items.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import type { PageParts } from '../sources/take-page.ts';
import { readItems } from '../storage/item-store.ts';
import { readKeptItems, writeKeptItems } from './counted-item-store.ts';
import { type RecognisedItem, recogniseCodes } from './recognise-codes.ts';
import { insertScans, readScans, resolveScan, type ScanState } from './scan-store.ts';
import { addToCounts, type Counts, type StocktakeState } from './stocktake-store.ts';

export interface ScanParts extends PageParts {
  find(id: string): Promise<StocktakeState>;
  items: Pick<ReturnType<typeof itemUseCases>, 'create'>;
}

/** So many items are named to a person who must say which one is meant. */
const mostCandidates = 10;

interface Tally {
  counts: Counts;
  /** By id, those that were scanned. */
  items: Map<string, CountedItem & { revision: number }>;
  touched: Set<string>;
}

/** What is scanned, by many people at once. */
export function scanUseCases({ database, model, find, items }: ScanParts) {
  async function findOpen(id: string): Promise<StocktakeState> {
    const stocktake = await find(id);
    if (stocktake.status !== 'open') throw new AppError('illegal_state', `It is ${stocktake.status}: reopen it to scan more.`);
    return stocktake;
  }

  /** The items as they were scanned until now, those beside the expected ones too. */
  async function beginTally(id: string, recognised: readonly RecognisedItem[]): Promise<Tally> {
    const ids = [...new Set(recognised.map((one) => one.id))];
    const kept = ids.length === 0 ? [] : await readKeptItems(database, id, sql`s.item_id = any(${ids}::uuid[])`);
    return {
      counts: { found: 0, elsewhere: 0, unexpected: 0, unknown: 0 },
      items: new Map(kept.map((item) => [item.itemId, item])),
      touched: new Set(),
    };
  }

  function tally({ counts, items: counted, touched }: Tally, item: RecognisedItem, scan: ScanState): ScanState {
    const known = counted.get(item.id);
    const before = known ?? {
      itemId: item.id,
      expected: false,
      outcome: 'missing' as const,
      revision: 0,
      ...(item.site !== undefined && { keptAt: item.site }),
    };
    const facts = { scannedAt: scan.scannedAt, scannedBy: scan.actorName };
    const after = countScan(before, {
      ...facts,
      ...(scan.place !== undefined && { place: scan.place }),
      ...(scan.condition !== undefined && { condition: scan.condition }),
    });
    if (before.outcome !== 'missing') counts[before.outcome]--;
    if (after.outcome !== 'missing') counts[after.outcome]++;
    counted.set(item.id, { ...after, revision: before.revision });
    touched.add(item.id);
    const outcome = after.outcome === 'missing' ? 'found' : after.outcome;
    return { ...scan, outcome, itemId: item.id, itemName: item.name, recognisedBy: item.by, repeated: before.outcome !== 'missing' };
  }

  function toStatements(id: string, { counts, items: counted, touched }: Tally, now: number): Statement[] {
    const changed = [...touched].flatMap((itemId) => counted.get(itemId) ?? []);
    return [...writeKeptItems(id, changed), addToCounts(id, counts, now)];
  }

  return {
    record<Answer>({ id, scans }: RecordScansRequest, call: Call, answer: (scans: ScanState[]) => Answer): Promise<Answer> {
      const named = scans.map((scan) => ({ ...scan, scanId: scan.scanId ?? call.newId() }));
      return retryLostRace(call, async () => {
        const stocktake = await findOpen(id);
        const known = await readScans(database, id, sql`s.scan_id = any(${named.map(({ scanId }) => scanId)}::text[])`);
        const done = new Map(known.map((scan) => [scan.scanId, scan]));
        const news = [...new Map(named.map((scan) => [scan.scanId, scan])).values()].filter(({ scanId }) => !done.has(scanId));
        const recognised = await recogniseCodes(
          database,
          await model(),
          news.map(({ code }) => code),
        );
        const sum = await beginTally(id, [...recognised.values()].flat());
        const taken = news.map(({ scanId, code, place = stocktake.place, condition, note, scannedAt }): ScanState => {
          const candidates = recognised.get(code) ?? [];
          const scan: ScanState = {
            scanId,
            code,
            outcome: 'unknown',
            repeated: false,
            candidates: candidates.slice(0, mostCandidates).map((one) => one.id),
            ...(place !== undefined && { place }),
            ...(condition !== undefined && { condition }),
            ...(note !== undefined && { note }),
            scannedAt: scannedAt === undefined ? call.now : Math.min(Date.parse(scannedAt), call.now),
            actorId: call.principal.id,
            actorName: call.principal.name,
          };
          // Of several that have the same number, the one that should be here is meant.
          const expected = candidates.filter((one) => sum.items.get(one.id)?.expected);
          const [item, ...others] = expected.length === 1 ? expected : candidates;
          if (item && others.length === 0) return tally(sum, item, { ...scan, candidates: [] });
          sum.counts.unknown++;
          return scan;
        });
        for (const scan of taken) done.set(scan.scanId, scan);
        const answers = answer(named.flatMap(({ scanId }) => done.get(scanId) ?? []));
        if (taken.length === 0) return call.commit({}, answers);
        return call.commit({ statements: [insertScans(id, taken), ...toStatements(id, sum, call.now)] }, answers);
      });
    },

    /** A person says which item an unknown code is about. A new item is entered in the same commit. */
    async resolve<Answer>(request: ResolveScanRequest, call: Call, answer: (scan: ScanState) => Answer): Promise<Answer> {
      const { id, scanId, itemId, newItem } = request;
      if ((itemId === undefined) === (newItem === undefined))
        throw new AppError('invalid_input', 'A code is about one item.', {
          violations: [{ pointer: '/itemId', message: 'must be given, or else newItem' }],
        });
      const findUnknown = async (): Promise<ScanState> => {
        await findOpen(id);
        const [scan] = await readScans(database, id, sql`s.scan_id = ${scanId}`);
        if (!scan) throw new AppError('not_found', `There is no scan "${scanId}".`);
        if (scan.outcome !== 'unknown') throw new AppError('illegal_state', `This scan is about "${scan.itemName}" already.`);
        return scan;
      };
      const decide = async (scan: ScanState, { id: known, name, state, attributes: { site } }: ItemState) => {
        const item = { id: known, name, isActive: state === 'active', by: 'person', ...(typeof site === 'string' && { site }) };
        const sum = await beginTally(id, [item]);
        sum.counts.unknown--;
        const resolved = tally(sum, item, { ...scan, candidates: [] });
        return { resolved, statements: [resolveScan(id, resolved), ...toStatements(id, sum, call.now)] };
      };
      if (newItem) {
        const scan = await findUnknown();
        const given = newItem.attributes === undefined ? {} : readAttributes(newItem.attributes, '/newItem/attributes');
        const attributes = JSON.stringify({ ...(scan.place !== undefined && { site: scan.place }), ...given });
        let resolved = scan;
        const { class: itemClass, name } = newItem;
        return items.create(
          { class: itemClass, name, attributes, lookups: [] },
          call,
          () => answer(resolved),
          async (item) => {
            const decided = await decide(scan, item);
            resolved = decided.resolved;
            return decided.statements;
          },
        );
      }
      return retryLostRace(call, async () => {
        const scan = await findUnknown();
        const [item] = await readItems(database, sql`id = ${itemId}`);
        if (!item) throw new AppError('not_found', `There is no item "${itemId}".`);
        const { resolved, statements } = await decide(scan, item);
        return call.commit({ statements }, answer(resolved));
      });
    },
  };
}
