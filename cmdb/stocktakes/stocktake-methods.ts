import type * as contract from '../../generated/opora/cmdb/v1/stocktakes.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import { toTexts } from '../edits/decide-edits.ts';
import { type ItemParts, itemUseCases } from '../items.ts';
import { mask, maskDifferences } from '../rights/mask.ts';
import { rightsReader } from '../rights/rights.ts';
import { type KeptItem, readKeptItems } from './counted-item-store.ts';
import { readScans, type ScanState } from './scan-store.ts';
import { scanUseCases } from './scans.ts';
import { readStocktakes, type StocktakeState } from './stocktake-store.ts';
import { stocktakeUseCases } from './stocktakes.ts';

const firstId = '00000000-0000-0000-0000-000000000000';

/** The contract's methods, each mapped to its use case and back. */
export function stocktakeMethods(parts: ItemParts): contract.StocktakeService {
  const { database, model } = parts;
  const stocktakes = stocktakeUseCases(parts);
  const scans = scanUseCases({ database, model, find: stocktakes.find, items: itemUseCases(parts) });
  const rightsFor = rightsReader(model);
  const shownTo = async (call: Call) => {
    const { masked } = await rightsFor(call);
    return (stocktake: StocktakeState) => toStocktake(stocktake, masked);
  };
  return {
    openStocktake: async (request, call) => stocktakes.open(request, call, await shownTo(call)),
    getStocktake: async ({ id }, call) => (await shownTo(call))(await stocktakes.find(id)),
    closeStocktake: async (request, call) => stocktakes.close(request, call, await shownTo(call)),
    reopenStocktake: async ({ id }, call) => stocktakes.reopen(id, call, await shownTo(call)),
    applyStocktake: async ({ id }, call) => stocktakes.apply(id, call, await shownTo(call)),
    recordScans: (request, call) => scans.record(request, call, (taken) => ({ items: taken.map(toScan) })),
    resolveScan: (request, call) => scans.resolve(request, call, toScan),

    async listStocktakes({ limit = 50, after }, call) {
      const place = after === undefined ? undefined : decodeCursor(after, ['time', 'uuid'], '-createdAt');
      const behind = place ? sql`(created_at, id) < (${place[0]}::timestamptz, ${place[1]}::uuid)` : sql`true`;
      const found = await readStocktakes(database, sql`${behind} order by created_at desc, id desc limit ${limit + 1}::int`);
      const last = found[limit - 1];
      const next = found.length > limit && last ? encodeCursor([new Date(last.createdAt).toISOString(), last.id], '-createdAt') : undefined;
      return { items: found.slice(0, limit).map(await shownTo(call)), ...(next !== undefined && { next }) };
    },
    async listScans({ id, outcome, limit = 50, after }) {
      await stocktakes.find(id);
      const place = after === undefined ? '0' : decodeCursor(after, ['string'], 'seq')[0];
      const ofOutcome = outcome === undefined ? sql`true` : sql`s.outcome = ${outcome}`;
      const found = await readScans(database, id, sql`s.seq > ${place}::bigint and ${ofOutcome} order by s.seq limit ${limit + 1}::int`);
      const last = found[limit - 1];
      return {
        items: found.slice(0, limit).map(toScan),
        ...(found.length > limit && last && { next: encodeCursor([String(last.seq ?? 0)], 'seq') }),
      };
    },
    async listStocktakeItems({ id, outcome, limit = 50, after }, call) {
      const { masked } = await rightsFor(call);
      await stocktakes.find(id);
      const place = after === undefined ? firstId : decodeCursor(after, ['uuid'], 'itemId')[0];
      const ofOutcome = outcome === undefined ? sql`true` : sql`s.outcome = ${outcome}`;
      const found = await readKeptItems(database, id, sql`${ofOutcome} and s.item_id > ${place}::uuid order by s.item_id limit ${limit + 1}::int`);
      const last = found[limit - 1];
      return {
        items: found.slice(0, limit).map((item) => toCounted(item, masked)),
        ...(found.length > limit && last && { next: encodeCursor([last.itemId], 'itemId') }),
      };
    },
  };
}

function toStocktake(
  { actorId: _, appliedById: __, lastItem: ___, expected, found, elsewhere, unexpected, unknown, ...state }: StocktakeState,
  masked: ReadonlySet<string>,
): contract.Stocktake {
  const { filter, settlement, preview, applied, createdAt, updatedAt, ...stocktake } = state;
  return {
    ...stocktake,
    filter: { ...filter, ids: filter.ids ?? [], where: filter.where ?? [] },
    counts: { expected, found, elsewhere, missing: expected - found - elsewhere, unexpected, unknown },
    ...(settlement && { settlement: toSettlement(settlement, masked) }),
    preview: { ...preview },
    applied: { ...applied },
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}

function toSettlement(
  { mark: marks, ...settlement }: NonNullable<StocktakeState['settlement']>,
  masked: ReadonlySet<string>,
): contract.StocktakeSettlement {
  return { ...settlement, ...(marks && { mark: toCanonicalText(mask(marks, masked).attributes) }) };
}

function toScan({ actorId: _, seq: __, repeated, candidates, scannedAt, ...scan }: ScanState): contract.Scan {
  return { ...scan, repeatedScan: repeated, candidates: [...candidates], scannedAt: new Date(scannedAt).toISOString() };
}

function toCounted(
  { expected: _, revision: __, version: ___, place, scannedAt, differences, ...item }: KeptItem,
  masked: ReadonlySet<string>,
): contract.StocktakeItem {
  return {
    ...item,
    ...(place !== undefined && { scannedPlace: place }),
    ...(scannedAt !== undefined && { scannedAt: new Date(scannedAt).toISOString() }),
    differences: toTexts(maskDifferences(differences, masked), toCanonicalText),
  };
}
