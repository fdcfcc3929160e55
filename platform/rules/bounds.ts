import { type Expression, iterationOf, NotOffered, partsOf } from './expression.ts';
import { compilePattern, mostElements } from './shape.ts';

/** What the evaluation of one text may cost, in looks at a part of it: some tens of milliseconds at the worst. */
const highestCost = 200_000;
export const longestText = 4_000;
const longestPattern = 200;
/** Steps of the machine that a regular expression becomes: a text is matched in at most its length times this. */
const longestProgram = 1_000;

/** What a part costs besides its own parts: a search goes through a text, a time zone is looked up. */
const costs: Readonly<Record<string, number>> = {
  has: 1,
  size: 1,
  startsWith: 1,
  endsWith: 1,
  contains: 20,
  matches: 500,
  lowerAscii: 20,
  upperAscii: 20,
  trim: 20,
  join: 20,
  timestamp: 2,
  duration: 2,
  string: 2,
  double: 2,
  int: 2,
  bool: 2,
  all: 1,
  exists: 1,
  exists_one: 1,
  filter: 1,
  map: 1,
};
const partsOfTimes = /^get(FullYear|Month|Date|DayOfMonth|DayOfWeek|DayOfYear|Hours|Minutes|Seconds|Milliseconds)$/;
const costOfTimeZone = 500;

/** Throws NotOffered for a function that rules do not have, a regular expression that is none or too large, and for a text that could take long. */
export function checkBounds(expression: Expression, isTaken: (name: string) => boolean): void {
  const cost = costOf(expression, isTaken);
  if (cost > highestCost) {
    throw new NotOffered('It could take too long: lists are gone through inside of lists. Say it with fewer of them, or with "in"', expression.at);
  }
}

function costOf(expression: Expression, isTaken: (name: string) => boolean): number {
  const own = expression.kind === 'call' ? costOfCall(expression) : 1;
  const iteration = iterationOf(expression);
  if (!iteration) return own + sumOf(partsOf(expression), isTaken);
  if (isTaken(iteration.variable)) {
    throw new NotOffered(`"${iteration.variable}" is a name already: call the element something else`, expression.at);
  }
  return own + costOf(iteration.over, isTaken) + mostElements * sumOf(iteration.bodies, isTaken);
}

function sumOf(parts: readonly Expression[], isTaken: (name: string) => boolean): number {
  return parts.reduce((sum, part) => sum + costOf(part, isTaken), 0);
}

function costOfCall(call: Expression & { kind: 'call' }): number {
  if (partsOfTimes.test(call.name)) return call.given.length > 0 ? costOfTimeZone : 2;
  const cost = Object.hasOwn(costs, call.name) ? costs[call.name] : undefined;
  if (cost === undefined) throw new NotOffered(`The function "${call.name}" is not offered. There are: ${Object.keys(costs).join(', ')}`, call.at);
  if (call.name === 'matches') checkPattern(call.given[0]);
  return cost;
}

function checkPattern(pattern: Expression | undefined): void {
  const at = pattern?.at ?? 0;
  if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string')
    throw new NotOffered('The pattern of matches() must stand in the rule as a text', at);
  if (pattern.value.length > longestPattern) throw new NotOffered(`A pattern has at most ${longestPattern} characters`, at);
  let size: number;
  try {
    size = compilePattern(pattern.value).programSize();
  } catch (error) {
    throw new NotOffered(`The pattern cannot be used: ${error instanceof Error ? error.message : String(error)}`, at);
  }
  if (size > longestProgram) throw new NotOffered('The pattern is too large: repeat less in it', at);
}
