import { AppError, type FieldViolation } from '../../../platform/errors/app-error.ts';
import type { Loss } from './compare-models.ts';
import type { CompiledModel } from './compile-model.ts';
import type { Findings } from './judge-items.ts';

export interface Publishing {
  /** The version that the draft was made from, and the one that is current. */
  base: number;
  current: number;
  before: CompiledModel;
  losses: readonly Loss[];
  /** What a test of this very draft found, with its migrations carried out in mind. */
  tested: Findings;
  /** Somebody said so: items that do not fit stay as they are until they are changed. */
  acceptInvalid: boolean;
}

/**
 * Whether a draft may become the model. Throws AppError `conflict` for a draft of an old version, `invalid_input` when data would be lost (each loss with the migration
 * that is asked for), `illegal_state` when items would become invalid and nobody accepted that.
 */
export function decidePublish({ base, current, before, losses, tested, acceptInvalid }: Publishing): void {
  refuseOldBase(base, current);
  const violations = losses.flatMap((loss) => explainLoss(loss, countLost(loss, tested, before)));
  if (violations.length > 0) throw new AppError('invalid_input', 'Data would be lost: add the migrations that carry it over.', { violations });
  if (tested.invalid === 0 || acceptInvalid) return;
  const invalid = tested.counts.map(({ class: itemClass, reason, attribute, relationType, count }) => ({
    pointer: ['', 'classes', itemClass, ...(attribute === undefined ? [] : ['attributes', attribute])].join('/'),
    message: `${count} would become invalid (${[reason, relationType].filter(Boolean).join(' ')})`,
  }));
  throw new AppError('illegal_state', `${tested.invalid} would become invalid. Look at the test, or publish with acceptInvalid.`, {
    violations: invalid,
  });
}

export function refuseOldBase(base: number, current: number): void {
  if (base === current) return;
  const message = `The draft was made from version ${base} of the model, and version ${current} is published by now. Look at what changed, and set the draft's base to ${current}.`;
  throw new AppError('conflict', message);
}

/** How many items or relations a loss hurts. */
export function countLost({ reason, class: lostBy, attribute, relationType }: Loss, { counts }: Findings, before: CompiledModel): number {
  const hurt = counts.filter(
    (count) =>
      count.reason === reason &&
      count.attribute === attribute &&
      count.relationType === relationType &&
      (lostBy === undefined || (reason === 'class' ? count.class === lostBy : before.isA(count.class, lostBy))),
  );
  return hurt.reduce((sum, { count }) => sum + count, 0);
}

function explainLoss({ pointer, message, migration }: Loss, lost: number): FieldViolation[] {
  if (lost === 0) return [];
  const way = migration ? `; asked for: a migration like ${JSON.stringify(migration)}` : '';
  return [{ pointer, message: `${message} (${lost} ${lost === 1 ? 'has' : 'have'} it)${way}` }];
}
