/** A change ticket that is approved and being carried out. */
export interface OpenChange {
  number: string;
  /** The items that it is about; empty: it does not say. */
  items: readonly string[];
}

const most = 20;

/** The numbers of tickets that a reason names: `CHG-000012, ночные работы`. */
export function readNumbers(reason: string | undefined): string[] {
  return [...new Set(reason?.toUpperCase().match(/(?<![\p{L}\p{N}-])[A-Z]{2,6}-\d{1,12}(?![\p{L}\p{N}])/gu) ?? [])].slice(0, most);
}

/**
 * Whether a change of something that is on these items is authorised: the reason names an open change that is about one of them (or does not say about
 * what it is), or an open change is about one of them, so that who sees the work but knows no numbers is right too.
 */
export function isAuthorised(itemIds: readonly string[], numbers: readonly string[], open: readonly OpenChange[]): boolean {
  return open.some(({ number, items }) => (items.length === 0 ? numbers.includes(number) : items.some((id) => itemIds.includes(id))));
}
