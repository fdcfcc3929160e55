import { tests } from '@bufbuild/cel-spec/testdata/conformance.js';
import { isAppError } from '../errors/app-error.ts';
import { ruleLanguage } from './rule-language.ts';

/** What is not offered, told by the refusal of the text; each with the reason. */
const outside: readonly (readonly [reason: string, told: RegExp])[] = [
  ['bytes and unsigned numbers: no field has them', /Bytes and unsigned|\b(uint|bytes)\b/],
  ['null: what is absent is asked for with has()', /There is no null|\bnull\b/],
  ['messages of protobuf: objects are declared by their fields', /got LBRACE|Unexpected token: (DOT|LBRACE)/],
  ['optional chaining', /Optional chaining|got QUESTION|Unexpected (token|character).*\?|DOT, got|QUESTION/],
  ['functions that rules do not have', /is not offered|no matching overload/],
  [
    'types are checked before: what would fail, or be false, for its types is refused',
    /no such overload|must have the same type|wrong type|bool operands|must be bool|overlaps with/,
  ],
  ['names that nobody declared', /Unknown variable|No such key|Invalid (macro|predicate)|invalid (predicate|argument)/i],
  ['more nesting, elements or cost than a text may have', /Exceeded|too long/],
  ['spellings that the library does not read', /Unexpected character|Expected|reserved|Invalid|cannot be range|Cannot index|Unterminated/],
];

/** What the library does otherwise, and rules can live with. */
const otherwise: Readonly<Record<string, string>> = {
  'conversions/int/double_int_max_range': 'numbers beyond 2^63 are not refused',
  'conversions/int/double_int_min_range': 'numbers beyond 2^63 are not refused',
  'conversions/int/double_range': 'numbers beyond 2^63 are not refused',
  'conversions/uint/double_uint_max_range': 'numbers beyond 2^63 are not refused',
  'integer_math/int64_math/int64_min_negate': 'numbers beyond 2^63 are not refused',
  'integer_math/int64_math/int64_min_negate_div': 'numbers beyond 2^63 are not refused',
  'fields/qualified_identifier_resolution/map_value_repeat_key': 'of two equal keys the last counts',
  'macros/exists_one/map_one': 'keys of maps are texts: maps of the desk have no others',
  'namespace/namespace/self_eval_container_lookup_unchecked': 'there are no containers of names',
  'string_ext/ascii_casing/lowerascii_unicode': 'lowerAscii changes letters of every alphabet, which our readers expect',
  'string_ext/ascii_casing/lowerascii_unicode_with_space': 'lowerAscii changes letters of every alphabet, which our readers expect',
  'string_ext/ascii_casing/upperascii_unicode': 'upperAscii changes letters of every alphabet, which our readers expect',
  'string_ext/trim/unicode_space_chars_1': 'trim takes away what JavaScript calls a space',
  'string_ext/trim/unicode_no_trim': 'trim takes away what JavaScript calls a space',
  'timestamps/timestamp_arithmetic/add_time_to_duration_nanos_positive': 'times have milliseconds',
};
/** Time zones are those that the engine knows (Node 20 by names only, Node 24 by offsets too), and times and durations have no limits but those of Date. */
const asTheEngine = /^timestamps\/(timestamp_selectors_tz|timestamp_range|duration_range)\//;

interface Test {
  original: { name?: string; expr: string; value?: Json; evalError?: object; bindings?: Record<string, { value?: Json }> };
}
type Json = Readonly<Record<string, unknown>>;

/** A value of the test data as CEL spells it; undefined for one that rules have no use for. */
function spell(value: Json): string | undefined {
  const [[kind, content] = []] = Object.entries(value);
  const all = (parts: readonly (string | undefined)[]) => (parts.includes(undefined) ? undefined : parts.join(', '));
  if (kind === 'boolValue') return String(content);
  if (kind === 'stringValue') return JSON.stringify(content);
  if (kind === 'int64Value') return content === '-9223372036854775808' ? '(-9223372036854775807 - 1)' : String(content);
  if (kind === 'doubleValue') return typeof content === 'number' ? String(content).replace(/^(-?\d+)$/, '$1.0') : undefined;
  if (kind === 'listValue') {
    const elements = all(((content as { values?: Json[] }).values ?? []).map(spell));
    return elements === undefined ? undefined : `[${elements}]`;
  }
  if (kind !== 'mapValue') return undefined;
  const entries = ((content as { entries?: { key: Json; value: Json }[] }).entries ?? []).map((entry) => all([spell(entry.key), spell(entry.value)]));
  return entries.includes(undefined) ? undefined : `{${entries.map((entry) => entry?.replace(', ', ': ')).join(', ')}}`;
}

const shapes = { stringValue: 'string', doubleValue: 'double', boolValue: 'bool' } as const;

/** What became of a test: it passed, it is outside for a reason, or it failed. */
function run({ original: { expr, value, evalError, bindings = {} } }: Test): string {
  const given = Object.entries(bindings).map(([name, { value: bound }]) => [name, ...(Object.entries(bound ?? {})[0] ?? [])] as const);
  if (!given.every(([, kind]) => kind !== undefined && kind in shapes)) return 'fields of other types';
  const wanted = value && spell(value);
  if (wanted === undefined && !evalError) return 'answers of other types';
  const variables = Object.fromEntries(given.map(([name, kind]) => [name, shapes[kind as keyof typeof shapes]]));
  const facts = Object.fromEntries(given.map(([name, , content]) => [name, content as string]));
  try {
    const text = `(${expr}) == ${wanted ?? `(${expr})`}`;
    const { matches, reason } = ruleLanguage(variables).condition(text).evaluate(facts);
    return (evalError ? reason !== undefined : matches) ? 'passed' : 'failed';
  } catch (error) {
    if (!isAppError(error, 'invalid_input')) throw error;
    const told = error.violations[0]?.message ?? '';
    return outside.find(([, pattern]) => pattern.test(told))?.[0] ?? `refused: ${told}`;
  }
}

describe('the part of CEL that rules offer', () => {
  it('does what the conformance tests of CEL say', () => {
    const counts: Record<string, number> = {};
    const failed: string[] = [];
    for (const section of tests.suites ?? []) {
      for (const part of section.suites ?? []) {
        // The package gives the tests as messages; of those the test reads what `Test` says.
        for (const test of (part.tests ?? []) as unknown as Test[]) {
          const name = `${section.name}/${part.name}/${test.original.name}`;
          const outcome = run(test);
          const isOfEngine = asTheEngine.test(name) && (outcome === 'passed' || outcome === 'failed');
          const isKnown = isOfEngine || (outcome === 'failed' && name in otherwise);
          const counted = isOfEngine ? 'as the engine has it' : isKnown ? 'otherwise' : outcome;
          counts[counted] = (counts[counted] ?? 0) + 1;
          if (!isKnown && (outcome === 'failed' || outcome.startsWith('refused'))) failed.push(`${name}: ${outcome}`);
        }
      }
    }
    expect(failed).toEqual([]);
    // Told when they change, so that nothing slips out of what is offered unseen.
    expect(counts).toEqual({
      passed: 531,
      otherwise: 10,
      'as the engine has it': 26,
      'answers of other types': 607,
      'fields of other types': 106,
      'bytes and unsigned numbers: no field has them': 181,
      'functions that rules do not have': 217,
      'messages of protobuf: objects are declared by their fields': 310,
      'more nesting, elements or cost than a text may have': 3,
      'names that nobody declared': 194,
      'null: what is absent is asked for with has()': 50,
      'optional chaining': 35,
      'spellings that the library does not read': 8,
      'types are checked before: what would fail, or be false, for its types is refused': 66,
    });
  });
});
