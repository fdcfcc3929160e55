import type { Attributes } from '../attributes.ts';
import type { ItemState } from '../item.ts';
import type { CountedItem } from './count-scan.ts';

/** What becomes of each kind of difference. */
export interface Settlement {
  missing: 'leave' | 'mark' | 'retire';
  /** Attributes of missing items that are marked. */
  mark?: Attributes;
  elsewhere: 'leave' | 'move';
  unexpected: 'leave' | 'include';
}

export interface Settled {
  attributes: Attributes;
  state?: ItemState['state'];
}

/** What a stocktake changes of an item; `knows` tells the attributes of its class. */
export function settleDifference(item: CountedItem, settlement: Settlement, knows: (attribute: string) => boolean): Settled {
  switch (item.outcome) {
    case 'missing':
      if (settlement.missing === 'retire') return { attributes: {}, state: 'retired' };
      return { attributes: settlement.missing === 'mark' ? (settlement.mark ?? {}) : {} };
    case 'found':
      return { attributes: seen(item, knows) };
    case 'elsewhere':
      return { attributes: { ...seen(item, knows), ...(settlement.elsewhere === 'move' && moved(item)) } };
    case 'unexpected':
      if (settlement.unexpected === 'leave') return { attributes: {} };
      return { attributes: { ...seen(item, knows), ...moved(item) }, state: 'active' };
  }
}

function seen({ scannedAt, condition }: CountedItem, knows: (attribute: string) => boolean): Attributes {
  return {
    ...(scannedAt !== undefined && knows('lastInventoriedOn') && { lastInventoriedOn: new Date(scannedAt).toISOString().slice(0, 10) }),
    ...(condition !== undefined && knows('condition') && { condition }),
  };
}

function moved({ place }: CountedItem): Attributes {
  return place === undefined ? {} : { site: place };
}
