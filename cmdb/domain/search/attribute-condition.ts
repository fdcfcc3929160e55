import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import { checkValue } from '../model/check-value.ts';
import { type CompiledModel, classesWithin, type EffectiveAttribute } from '../model/compile-model.ts';
import type { AttributeType } from '../model/model.ts';

const operators = ['!=', '<=', '>=', '=', '<', '>', '~'] as const;

/** What is asked of one attribute: `?` that it is there, `!?` that it is not, `~` that it contains. `!=` holds also where it is not there. */
export interface AttributeCondition {
  name: string;
  operator: (typeof operators)[number] | '?' | '!?';
  /** In the one form of the attribute's type. */
  value?: unknown;
  type: AttributeType;
  isList: boolean;
}

type Judged = { condition: AttributeCondition } | { message: string };

const form = 'is to be written like memoryGb>=16, environment=production, model~latitude, serialNumber? (it is there) or !serialNumber? (it is not)';

const pattern = /^\s*(!)?\s*(?:attributes\.)?([a-zA-Z][A-Za-z0-9]*)\s*(?:(\?)\s*|(!=|<=|>=|=|<|>|~)\s*(.*?)\s*)$/s;

/** The attribute of which a condition speaks; undefined when it is none. */
export function nameIn(text: string): string | undefined {
  return pattern.exec(text)?.[2];
}

/** A condition as a person wrote it, judged by the class that is listed and its subclasses, or by all classes. */
export function judgeCondition(text: string, className: string | undefined, model: CompiledModel): Judged {
  const [, not, name = '', presence, operator, written = ''] = pattern.exec(text) ?? [];
  if (name === '' || (not !== undefined && presence === undefined)) return { message: form };
  const found = findAttribute(name, className, model);
  if ('message' in found) return found;
  const { attribute } = found;
  const { type, list: isList = false } = attribute;
  if (presence) return { condition: { name, operator: not ? '!?' : '?', type, isList } };
  const wanted = operators.find((one) => one === operator) ?? '=';
  const allowed = operatorsOf(attribute);
  if (!allowed.includes(wanted))
    return { message: `"${name}" is ${isList ? 'a list of ' : ''}${type}: ask for it with ${[...allowed, '?'].join(' ')}` };
  if (written === '') return { message: `says no value: write ${name}? or !${name}? to ask whether it is there at all` };
  if (wanted === '~') return { condition: { name, operator: wanted, value: written, type, isList } };
  return judgeValue(attribute, written, (value) => ({ name, operator: wanted, value, type, isList }));
}

/** The attribute of that name that the class, one of its subclasses, or any class has. */
export function findAttribute(
  name: string,
  className: string | undefined,
  model: CompiledModel,
): { attribute: EffectiveAttribute } | { message: string } {
  const classes = className === undefined ? [...model.classes.keys()] : [className, ...classesWithin(model, className)];
  const found = classes.flatMap((one) => model.classes.get(one)?.attributes.get(name) ?? []);
  const [attribute] = found;
  if (!attribute) {
    const known = [...(model.classes.get(className ?? '')?.attributes.keys() ?? [])];
    const hint = known.length > 0 ? `; "${className}" has ${known.slice(0, 30).join(', ')}${known.length > 30 ? ' …' : ''}` : '';
    return { message: `"${name}" is no attribute of ${className === undefined ? 'any class' : `"${className}"`}${hint}` };
  }
  const other = found.find(({ type, list }) => type !== attribute.type || list !== attribute.list);
  return other ? { message: `"${name}" is ${attribute.type} in one class and ${other.type} in another: say which class` } : { attribute };
}

function operatorsOf({ type, list }: EffectiveAttribute): AttributeCondition['operator'][] {
  if (type === 'json') return [];
  if (['text', 'ip', 'mac', 'mail', 'link'].includes(type)) return ['=', '!=', '~'];
  return list || ['boolean', 'choice', 'item'].includes(type) ? ['=', '!='] : ['=', '!=', '<', '<=', '>', '>='];
}

/** The range and the pattern are for what is written, not for what is asked. */
function judgeValue(attribute: EffectiveAttribute, written: string, toCondition: (value: unknown) => AttributeCondition): Judged {
  const { name, type, label, values } = attribute;
  const violations: FieldViolation[] = [];
  const value = checkValue({ type, label, ...(values && { values }) }, written, '', violations);
  const [violation] = violations;
  if (!violation) return { condition: toCondition(value) };
  const labelled = values?.find(({ label: { ru, en } }) => [ru, en].some((one) => one.toLowerCase() === written.toLowerCase()));
  if (labelled) return { message: `"${written}" is what people see of "${labelled.value}": write ${name}=${labelled.value}` };
  return { message: `"${written}" is no value of "${name}": it ${violation.message}` };
}
