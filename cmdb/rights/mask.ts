import type { FieldViolation } from '../../platform/errors/app-error.ts';
import type { Attributes } from '../domain/attributes.ts';
import type { FieldDifference } from '../domain/history/diff-items.ts';
import type { Identifier } from '../domain/identify/list-identifiers.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { SaidRecord } from '../sources/link.ts';

/** Attributes without the values of the masked ones, and the names of those that have one. */
export function mask(attributes: Attributes, masked: ReadonlySet<string>): { attributes: Attributes; masked: string[] } {
  const hidden = masked.size === 0 ? [] : Object.keys(attributes).filter((name) => masked.has(name));
  if (hidden.length === 0) return { attributes, masked: [] };
  return { attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => !masked.has(name))), masked: hidden.sort() };
}

/** The values of `wanted`, but of masked attributes those of `before`: who cannot see them does not change them. */
export function keepMasked(before: Attributes, wanted: Attributes, masked: ReadonlySet<string>): Attributes {
  if (masked.size === 0) return wanted;
  const kept = Object.entries(before).filter(([name]) => masked.has(name));
  return Object.fromEntries([...Object.entries(mask(wanted, masked).attributes), ...kept]);
}

/** What a source said, without what may not be seen of it. An identifier is its value once more. */
export function maskSaid(said: SaidRecord, masked: ReadonlySet<string>, model: CompiledModel): { said: SaidRecord; masked: string[] } {
  const { attributes, masked: hidden } = mask(said.attributes, masked);
  return { said: { ...said, attributes, identifiers: maskIdentifiers(said.identifiers, masked, model) }, masked: hidden };
}

export function maskIdentifiers<One extends Pick<Identifier, 'scheme'>>(
  identifiers: readonly One[],
  masked: ReadonlySet<string>,
  model: CompiledModel,
): One[] {
  return identifiers.filter(({ scheme }) => masked.size === 0 || !model.sensitiveSchemes.has(scheme));
}

/** What is wrong with a value that may not be seen would tell of it. */
export function maskViolations(violations: readonly FieldViolation[], masked: ReadonlySet<string>): FieldViolation[] {
  return violations.map((violation) => {
    const [, place, name = ''] = violation.pointer.split('/');
    if (place !== 'attributes' || !masked.has(name.replaceAll('~1', '/').replaceAll('~0', '~'))) return violation;
    return { pointer: `/attributes/${name}`, message: 'has a value that does not fit; only who may see sensitive attributes can mend it' };
  });
}

/** Differences without the values of masked attributes: that they differ stays told. */
export function maskDifferences(differences: readonly FieldDifference[], masked: ReadonlySet<string>): FieldDifference[] {
  return differences.map((one) => (isMaskedField(one, masked) ? { field: one.field } : one));
}

export function isMaskedField({ field }: FieldDifference, masked: ReadonlySet<string>): boolean {
  return field.startsWith(ofAttribute) && masked.has(field.slice(ofAttribute.length));
}

const ofAttribute = 'attributes.';
