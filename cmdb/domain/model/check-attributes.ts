import { Duration } from 'luxon';
import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import { checkValue, compilePattern, isEmpty } from './check-value.ts';
import type { EffectiveClass } from './compile-model.ts';
import { lifecycleState } from './lifecycle-attribute.ts';
import type { AttributeDefinition, AttributeType, ClassDefinition } from './model.ts';
import { pointTo } from './pointer.ts';

/** What every item has beside its attributes: an attribute of the same name would be taken for it. */
const ownFields: readonly string[] = ['id', 'source', 'key', 'class', 'name', 'lookups', 'state', 'version', 'createdAt', 'updatedAt'];

const numbers: readonly AttributeType[] = ['integer', 'decimal'];

/** What is wrong with the attributes that a class declares, at `pointer` of the class. */
export function checkAttributes(own: ClassDefinition, parent: EffectiveClass | undefined, pointer: string): FieldViolation[] {
  return Object.entries(own.attributes ?? {}).flatMap(([name, attribute]) => {
    const at = pointTo(pointer, 'attributes', name);
    return [...checkName(name, at), ...checkInheritance(attribute, parent?.attributes.get(name), at), ...checkAttribute(attribute, at)];
  });
}

function checkName(name: string, pointer: string): FieldViolation[] {
  if (name === lifecycleState) return [{ pointer, message: 'is made from the states of the class: change those' }];
  if (ownFields.includes(name) || name in {})
    return [{ pointer, message: 'is what every item, or every object of a program, has: choose another name' }];
  return /^[a-z][A-Za-z0-9]{0,62}$/.test(name)
    ? []
    : [{ pointer, message: 'must be named in camelCase with Latin letters and digits: serialNumber' }];
}

function checkInheritance(
  own: AttributeDefinition,
  inherited: (AttributeDefinition & { declaredBy: string }) | undefined,
  pointer: string,
): FieldViolation[] {
  if (!inherited) return [];
  const describe = ({ type, list }: AttributeDefinition) => (list ? `list of ${type}` : type);
  if (describe(own) === describe(inherited)) return [];
  const message = `is ${describe(inherited)} in "${inherited.declaredBy}": a class may refine what it inherits, but not make it ${describe(own)}`;
  return [{ pointer: pointTo(pointer, 'type'), message }];
}

function checkAttribute(attribute: AttributeDefinition, at: string): FieldViolation[] {
  const { type, values, pattern, minimum, maximum, maxLength } = attribute;
  const violations: FieldViolation[] = [];
  const refuse = (field: string, message: string) => violations.push({ pointer: pointTo(at, field), message });

  if (type === 'choice' && !values?.length) refuse('values', 'must say what may be chosen');
  if (type !== 'choice' && values) refuse('values', `belongs to a choice, and this is ${type}`);
  for (const [index, { value }] of (values ?? []).entries()) {
    const first = values?.findIndex((other) => other.value.toLowerCase() === value.toLowerCase());
    if (first !== index) violations.push({ pointer: pointTo(at, 'values', index, 'value'), message: `is there already, at ${first}` });
  }
  if (pattern !== undefined && type !== 'text') refuse('pattern', `belongs to a text, and this is ${type}`);
  if (pattern !== undefined && !isPattern(pattern)) refuse('pattern', 'is no regular expression of ECMA-262 with the flag u');
  if (maxLength !== undefined && (type !== 'text' || maxLength < 1)) refuse('maxLength', 'belongs to a text, and is 1 or more');
  if (minimum !== undefined && !numbers.includes(type)) refuse('minimum', `belongs to a number, and this is ${type}`);
  if (maximum !== undefined && !numbers.includes(type)) refuse('maximum', `belongs to a number, and this is ${type}`);
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) refuse('maximum', 'is less than the minimum');
  violations.push(...checkAuthority(attribute, at), ...checkRemind(attribute, at));
  // A default is judged by rules that are right themselves.
  if (violations.length === 0 && attribute.default !== undefined) {
    if (isEmpty(attribute.default)) refuse('default', 'says nothing: leave it out');
    else checkValue(attribute, attribute.default, pointTo(at, 'default'), violations);
  }
  return violations;
}

function checkAuthority({ authority = [] }: AttributeDefinition, at: string): FieldViolation[] {
  return authority.flatMap(({ source, staleAfter }, index) => {
    const here = pointTo(at, 'authority', index);
    const first = authority.findIndex((other) => other.source === source);
    return [
      ...(first === index ? [] : [{ pointer: pointTo(here, 'source'), message: `is there already, at ${first}` }]),
      ...(staleAfter === undefined || isPeriod(staleAfter)
        ? []
        : [{ pointer: pointTo(here, 'staleAfter'), message: 'must be a period of ISO 8601 that is longer than nothing: P7D, PT12H' }]),
    ];
  });
}

function checkRemind({ type, list, sensitive, remind }: AttributeDefinition, at: string): FieldViolation[] {
  if (remind === undefined) return [];
  const here = pointTo(at, 'remind');
  if (sensitive) return [{ pointer: here, message: 'would tell everybody of a date that is sensitive' }];
  if ((type !== 'date' && type !== 'time') || list)
    return [{ pointer: here, message: `belongs to a date or a time, and this is ${list ? 'a list' : type}` }];
  return remind.flatMap((period, index) => {
    const pointer = pointTo(here, index);
    if (!isWholeDays(period)) return [{ pointer, message: 'must be a period of ISO 8601 in whole days before the date: P90D, P1M, P0D' }];
    return remind.indexOf(period) === index ? [] : [{ pointer, message: 'is there already' }];
  });
}

function isWholeDays(text: string): boolean {
  return /^P(?!$)(?:\d{1,2}Y)?(?:\d{1,3}M)?(?:\d{1,3}W)?(?:\d{1,4}D)?$/.test(text);
}

function isPeriod(text: string): boolean {
  const duration = Duration.fromISO(text);
  return duration.isValid && duration.toMillis() > 0;
}

function isPattern(pattern: string): boolean {
  try {
    compilePattern(pattern);
    return true;
  } catch {
    return false;
  }
}
