import type { Part } from './explain.ts';
import { type Expression, iterationOf } from './expression.ts';
import { writeExpression } from './write-expression.ts';

/** One short sentence in each language of the desk. */
export interface Reason {
  en: string;
  ru: string;
}

/** More reasons than this are counted and not told. */
const toldReasons = 5;

/** Which part of a condition that does not hold was false, or could not be asked. */
export function tellReason(part: Part): Reason {
  const reasons = reasonsAgainst(part, true);
  const told = reasons.slice(0, toldReasons);
  const more = reasons.length - told.length;
  return {
    en: `${told.map(({ en }) => en).join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
    ru: `${told.map(({ ru }) => ru).join('; ')}${more > 0 ? `; и ещё ${more}` : ''}.`,
  };
}

/** Why a part is not what it should be. */
function reasonsAgainst(part: Part, wanted: boolean): Reason[] {
  const { expression, outcome, parts } = part;
  if (expression.kind === 'binary' && (expression.operator === '&&' || expression.operator === '||')) {
    const against = parts.filter((one) => !('value' in one.outcome) || one.outcome.value !== wanted);
    // One false part is enough against a conjunction, and one true part against none of several.
    const isOneEnough = (expression.operator === '&&') === wanted;
    const [first = part] = [...against.filter((one) => 'value' in one.outcome), ...against];
    return isOneEnough ? reasonsAgainst(first, wanted) : against.flatMap((one) => reasonsAgainst(one, wanted));
  }
  if ('failure' in outcome) return [tellFailure(part)];
  if (expression.kind === 'unary' && parts[0]) return reasonsAgainst(parts[0], !wanted);
  if (expression.kind === 'choice' && parts[1]) return reasonsAgainst(parts[1], wanted);
  const iteration = iterationOf(expression);
  return [iteration ? tellElements(part, iteration, wanted) : tellLeaf(part, wanted)];
}

function tellElements(part: Part, { over, bodies }: { over: Expression; bodies: readonly Expression[] }, wanted: boolean): Reason {
  const { expression, outcome } = part;
  const [list, said] = [writeExpression(over), bodies.map(writeExpression).join(', ')];
  if (expression.kind === 'call' && expression.name === 'exists' && wanted)
    return { en: `no element of ${list} fits ${said}`, ru: `ни один элемент ${list} не подходит под ${said}` };
  if (expression.kind === 'call' && expression.name === 'all' && wanted) {
    const [unfit] = part.parts.slice(1).filter((one) => !('value' in one.outcome) || one.outcome.value !== true);
    const which = unfit?.text ?? said;
    return { en: `not every element of ${list} fits: ${which}`, ru: `не каждый элемент ${list} подходит: ${which}` };
  }
  const value = 'value' in outcome ? showValue(outcome.value) : '';
  return { en: `${part.text} is ${value}, needed ${wanted}`, ru: `${part.text} — ${value}, а нужно ${wanted}` };
}

function tellFailure(part: Part): Reason {
  const deeper = part.parts.find((one) => 'failure' in one.outcome);
  if (deeper) return tellFailure(deeper);
  const failure = 'failure' in part.outcome ? part.outcome.failure.replace(/\.$/, '') : '';
  if (/^(No such key|Unknown variable)/.test(failure)) return { en: `${part.text} is absent`, ru: `${part.text} отсутствует` };
  return { en: `${part.text} could not be evaluated: ${failure}`, ru: `${part.text} не вычисляется: ${failure}` };
}

const orders: Readonly<Record<string, Reason & { opposite: string }>> = {
  '<': { en: 'less than', ru: 'меньше', opposite: '>=' },
  '<=': { en: 'at most', ru: 'не больше', opposite: '>' },
  '>': { en: 'more than', ru: 'больше', opposite: '<=' },
  '>=': { en: 'at least', ru: 'не меньше', opposite: '<' },
};

const searches: Readonly<Record<string, { yes: Reason; no: Reason }>> = {
  startsWith: { yes: { en: 'needed to start with', ru: 'нужно начало' }, no: { en: 'needed not to start with', ru: 'не должно начинаться с' } },
  endsWith: { yes: { en: 'needed to end with', ru: 'нужно окончание' }, no: { en: 'needed not to end with', ru: 'не должно кончаться на' } },
  contains: { yes: { en: 'needed to contain', ru: 'должно содержать' }, no: { en: 'needed not to contain', ru: 'не должно содержать' } },
  matches: { yes: { en: 'needed to match', ru: 'должно подходить под' }, no: { en: 'needed not to match', ru: 'не должно подходить под' } },
};

function tellLeaf(part: Part, wanted: boolean): Reason {
  const { expression } = part;
  const tellValue = (one: Expression) => {
    const known = part.parts.find((other) => other.expression === one);
    return known && 'value' in known.outcome ? showValue(known.outcome.value) : writeExpression(one);
  };
  if (expression.kind === 'binary') return tellComparison(expression, wanted, tellValue);
  if (expression.kind === 'call' && expression.name === 'has') {
    const asked = expression.given[0] ? writeExpression(expression.given[0]) : '';
    return wanted ? { en: `${asked} is absent`, ru: `${asked} отсутствует` } : { en: `${asked} is there`, ru: `${asked} есть` };
  }
  const search = expression.kind === 'call' ? searches[expression.name] : undefined;
  if (expression.kind === 'call' && search && expression.on && expression.given[0]) {
    const { en, ru } = wanted ? search.yes : search.no;
    const [subject, value, given] = [writeExpression(expression.on), tellValue(expression.on), tellValue(expression.given[0])];
    return { en: `${subject} is ${value}, ${en} ${given}`, ru: `${subject} — ${value}, ${ru} ${given}` };
  }
  const value = 'value' in part.outcome ? showValue(part.outcome.value) : '';
  return { en: `${part.text} is ${value}, needed ${wanted}`, ru: `${part.text} — ${value}, а нужно ${wanted}` };
}

function tellComparison(expression: Expression & { kind: 'binary' }, wanted: boolean, tellValue: (one: Expression) => string): Reason {
  const { operator, left, right } = expression;
  const [subject, value, other] = [writeExpression(left), tellValue(left), tellValue(right)];
  const say = (en: string, ru: string) => ({ en: `${subject} is ${value}, needed ${en}`, ru: `${subject} — ${value}, а нужно ${ru}` });
  if (operator === 'in') {
    if (left.kind === 'literal') {
      const list = writeExpression(right);
      return wanted ? { en: `${list} has no ${value}`, ru: `в ${list} нет ${value}` } : { en: `${list} has ${value}`, ru: `в ${list} есть ${value}` };
    }
    const values = right.kind === 'list' ? right.elements.map(writeExpression).join(', ') : other;
    return wanted ? say(`one of ${values}`, `одно из: ${values}`) : say(`none of ${values}`, `ни одно из: ${values}`);
  }
  if (operator === '==' || operator === '!=') {
    return (operator === '==') === wanted ? say(other, other) : say(`anything but ${other}`, `что-то другое, не ${other}`);
  }
  const order = orders[operator];
  const meant = order && (wanted ? order : orders[order.opposite]);
  return meant ? say(`${meant.en} ${other}`, `${meant.ru} ${other}`) : say(String(wanted), String(wanted));
}

/** A value for people, cut where it is long. */
export function showValue(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `[${value.slice(0, 5).map(showValue).join(', ')}${value.length > 5 ? ', …' : ''}]`;
  if (typeof value === 'string') return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
  return String(value);
}
