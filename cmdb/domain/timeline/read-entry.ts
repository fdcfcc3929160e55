/** How an event says what it tells in the timelines of items: what it names are fields of its data (`platform/contract`). */
export interface Declaration {
  items: string;
  title: Title;
  ref: string;
  person?: string;
  personName?: string;
  severity?: string;
  at?: string;
}

export interface Title {
  ru: string;
  en: string;
}

/** What an event told of items, without its words for it. `at`: epoch milliseconds. */
export interface ToldEntry {
  itemIds: string[];
  at: number;
  ref: string;
  /** The values that its title takes. */
  words: Words;
  personId?: string;
  personName?: string;
  severity?: string;
}

export type Words = Readonly<Record<string, string>>;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Before the year 1 there is nothing that could be stored. */
const earliest = Date.parse('0001-01-01T00:00:00Z');

/** Reads the entry of an event; `time`: its own, RFC 3339. What is no id of an item is left out, and of a moment that is none the event's own time is taken. */
export function readEntry(declared: Declaration, data: Readonly<Record<string, unknown>>, time: string): ToldEntry {
  const textOf = (field: string | undefined) => (field !== undefined && Object.hasOwn(data, field) ? toText(data[field]) : undefined);
  const ids = [data[declared.items]].flat().flatMap((id) => (typeof id === 'string' && uuid.test(id.toLowerCase()) ? [id.toLowerCase()] : []));
  const moment = Date.parse(textOf(declared.at) ?? '');
  const [personId, personName, severity] = [declared.person, declared.personName, declared.severity].map(textOf);
  return {
    itemIds: [...new Set(ids)],
    at: moment >= earliest ? moment : Date.parse(time),
    ref: textOf(declared.ref) ?? '',
    words: Object.fromEntries(namesIn(declared.title).map((name) => [name, textOf(name) ?? ''])),
    ...(personId && { personId }),
    ...(personName && { personName }),
    ...(severity && { severity }),
  };
}

const placeholder = /\{([^{}]*)\}/g;

function namesIn({ ru, en }: Title): string[] {
  return [...new Set([...`${ru}${en}`.matchAll(placeholder)].map(([, name = '']) => name))];
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
