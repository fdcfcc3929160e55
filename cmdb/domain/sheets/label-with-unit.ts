import type { AttributeDefinition, Label } from '../model/model.ts';

/** The header of an attribute's column, which `guessMapping` reads again: `Мощность (кВт)`. */
export function labelWithUnit({ label, unit }: Pick<AttributeDefinition, 'label' | 'unit'>, language: keyof Label): string {
  return `${label[language]}${unit ? ` (${unit})` : ''}`;
}
