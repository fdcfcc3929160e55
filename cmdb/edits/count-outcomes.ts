import type { EditDecision } from './edit.ts';

/** Counts by outcome with those of another page; of refused ones also by their first reason. */
export function countOutcomes(
  counts: Readonly<Record<string, number>>,
  decisions: readonly Pick<EditDecision, 'outcome' | 'reasons'>[],
): Record<string, number> {
  const sum: Record<string, number> = { changed: 0, unchanged: 0, refused: 0, ...counts };
  const add = (name: string) => {
    sum[name] = (sum[name] ?? 0) + 1;
  };
  for (const { outcome, reasons } of decisions) {
    add(outcome);
    const [first] = reasons;
    if (first) add(`${outcome}.${first.code}`);
  }
  return sum;
}
