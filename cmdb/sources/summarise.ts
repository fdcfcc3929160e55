import type { PageSummary } from '../../generated/opora/cmdb/v1/sources.ts';
import { isNotable } from './run-store.ts';
import type { PageOutcome } from './take-page.ts';

/** What became of a page, as short as it can be told: with each record only those that are not as they were said. */
export function summarise({ items, relations }: PageOutcome): PageSummary {
  const counts: Record<string, number> = {};
  for (const { outcome } of items) counts[`items.${outcome}`] = (counts[`items.${outcome}`] ?? 0) + 1;
  for (const { outcome } of relations) counts[`relations.${outcome}`] = (counts[`relations.${outcome}`] ?? 0) + 1;
  const notable = [...items, ...relations].filter(isNotable).map((one) => ({ ...one, reasons: [...one.reasons] }));
  return { received: items.length + relations.length, counts, notable };
}

const mostNotable = 100;

/** What became of several pages. */
export function addUp(one: PageSummary, other: PageSummary): PageSummary {
  const counts = { ...one.counts };
  for (const [fate, times] of Object.entries(other.counts)) counts[fate] = (counts[fate] ?? 0) + times;
  return { received: one.received + other.received, counts, notable: [...one.notable, ...other.notable].slice(0, mostNotable) };
}
