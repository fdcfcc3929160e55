import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Condition, CountOutcome } from '../domain/stocktake/count-scan.ts';

export interface ScanState {
  scanId: string;
  code: string;
  outcome: Exclude<CountOutcome, 'missing'> | 'unknown';
  itemId?: string;
  itemName?: string;
  recognisedBy?: string;
  /** The item had been scanned before. */
  repeated: boolean;
  candidates: readonly string[];
  place?: string;
  condition?: Condition;
  note?: string;
  /** Epoch milliseconds. */
  scannedAt: number;
  actorId: string;
  actorName: string;
  /** In the order in which they came. */
  seq?: number;
}

interface ScanRow {
  scanId: string;
  code: string;
  outcome: ScanState['outcome'];
  itemId: string | null;
  itemName: string | null;
  recognisedBy: string | null;
  repeated: boolean;
  candidates: string[];
  place: string | null;
  condition: Condition | null;
  note: string | null;
  scannedAt: Date;
  actorId: string;
  actorName: string;
  seq: number;
}

/** Scans of a stocktake that fit `where` (the table is `s`). */
export async function readScans(database: Database, stocktakeId: string, where: Statement): Promise<ScanState[]> {
  const rows = await database.query<ScanRow>(sql`select s.scan_id as "scanId", s.code, s.outcome, s.item_id as "itemId", i.name as "itemName",
      s.recognised_by as "recognisedBy", s.repeated, s.candidates, s.place, s.condition, s.note, s.scanned_at as "scannedAt", s.actor_id as "actorId",
      s.actor_name as "actorName", s.seq::float8 as seq
    from stocktake_scan s left join item i on i.id = s.item_id where s.stocktake_id = ${stocktakeId} and ${where}`);
  return rows.map(({ itemId, itemName, recognisedBy, place, condition, note, scannedAt, ...row }) => ({
    ...row,
    ...(itemId !== null && { itemId }),
    ...(itemName !== null && { itemName }),
    ...(recognisedBy !== null && { recognisedBy }),
    ...(place !== null && { place }),
    ...(condition !== null && { condition }),
    ...(note !== null && { note }),
    scannedAt: scannedAt.getTime(),
  }));
}

/** A scan that came meanwhile by another way is a conflict. */
export function insertScans(stocktakeId: string, scans: readonly ScanState[]): Statement {
  const rows = scans.map((scan, index) => ({
    scan_id: scan.scanId,
    code: scan.code,
    outcome: scan.outcome,
    item_id: scan.itemId,
    recognised_by: scan.recognisedBy,
    repeated: scan.repeated,
    candidates: scan.candidates,
    place: scan.place,
    condition: scan.condition,
    note: scan.note,
    scanned_at: new Date(scan.scannedAt).toISOString(),
    actor_id: scan.actorId,
    actor_name: scan.actorName,
    place_in_page: index,
  }));
  return sql`insert into stocktake_scan (stocktake_id, scan_id, code, outcome, item_id, recognised_by, repeated, candidates, place, condition, note, scanned_at,
      actor_id, actor_name)
    select ${stocktakeId}::uuid, scan_id, code, outcome, item_id, recognised_by, repeated, candidates, place, condition, note, scanned_at, actor_id, actor_name
    from json_to_recordset(${JSON.stringify(rows)}::json) as n(scan_id text, code text, outcome text, item_id uuid, recognised_by text, repeated boolean,
      candidates uuid[], place text, condition text, note text, scanned_at timestamptz, actor_id text, actor_name text, place_in_page int) order by place_in_page`;
}

/** Says which item an unknown scan is about; two who say so at once: one has a conflict. */
export function resolveScan(stocktakeId: string, { scanId, outcome, itemId, recognisedBy, repeated }: ScanState): Statement {
  return exactly(
    1,
    sql`update stocktake_scan set outcome = ${outcome}, item_id = ${itemId ?? null}::uuid, recognised_by = ${recognisedBy ?? null}, repeated = ${repeated}, candidates = '{}'
      where stocktake_id = ${stocktakeId} and scan_id = ${scanId} and outcome = 'unknown' returning 1`,
  );
}
