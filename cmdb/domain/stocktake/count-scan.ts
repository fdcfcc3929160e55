/** What counting has shown of an item. `missing`: it is expected and was not scanned yet. */
export type CountOutcome = 'found' | 'elsewhere' | 'missing' | 'unexpected';

export type Condition = 'new' | 'good' | 'worn' | 'broken';

/** An item in a stocktake. */
export interface CountedItem {
  itemId: string;
  expected: boolean;
  /** The site that it is kept at. */
  keptAt?: string;
  outcome: CountOutcome;
  /** Of the scan that counts. */
  place?: string;
  condition?: Condition;
  /** Epoch milliseconds. */
  scannedAt?: number;
  scannedBy?: string;
}

export interface ScanFacts {
  place?: string;
  condition?: Condition;
  scannedAt: number;
  scannedBy: string;
}

/**
 * The item once it was scanned. Of several scans the latest counts, whichever comes in first: a telephone may have been out of reach. Where it is not said where
 * it was scanned, it is where it is kept.
 */
export function countScan(item: CountedItem, scan: ScanFacts): CountedItem {
  if (item.scannedAt !== undefined && item.scannedAt > scan.scannedAt) return item;
  const { itemId, expected, keptAt } = item;
  const isElsewhere = scan.place !== undefined && scan.place !== keptAt;
  return {
    itemId,
    expected,
    ...(keptAt !== undefined && { keptAt }),
    outcome: expected ? (isElsewhere ? 'elsewhere' : 'found') : 'unexpected',
    ...scan,
  };
}
