import { readdirSync, readFileSync } from 'node:fs';
import type { AttributeDefinition, IdentifierEntry, ModelDefinition } from '../model/model.ts';
import { explain, schemeLabel } from './explain.ts';
import type { Found, IdentifyingModel, KnownItem, KnownLink } from './found.ts';
import { identify } from './identify.ts';
import { identifyPage } from './identify-page.ts';
import { type LeftOut, listIdentifiers, toIdentifierKey } from './list-identifiers.ts';
import type { IdentifierFate, IdentifyOutcome, Suspect } from './outcome.ts';
import type { HostReference, SourceRecord } from './record.ts';
import { identifiersOf } from './said.ts';

/** An item as a case tells it; its identifiers are what its class makes of its attributes. */
interface GoldenItem {
  id: string;
  class: string;
  name?: string;
  attributes?: Record<string, unknown>;
  lookups?: string[];
  organization?: string;
  hosts?: Record<string, HostReference>;
  retired?: boolean;
  /** `source key new|now|before|gone` */
  links?: string[];
}

interface GoldenCase {
  name: string;
  record?: SourceRecord;
  /** A page instead of one record; its outcomes must be the same in every order. */
  records?: SourceRecord[];
  items?: GoldenItem[];
  /** Keys that gave way to another key of their source, with the item that they stood for. */
  replaced?: Record<string, string>;
  contested?: string[];
  counts?: Record<string, number>;
  demandsIdentifier?: boolean;
  isSnapshot?: boolean;
  expect: unknown;
}

const folder = new URL('./golden/', import.meta.url);
const definition = JSON.parse(readFileSync(new URL('model.json', folder), 'utf8')) as ModelDefinition;
const model = compile(definition);
const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
const cases = files.map((file): [string, GoldenCase[]] => [
  file,
  readFileSync(new URL(file, folder), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as GoldenCase),
]);

describe.each(cases)('the golden set, %s', (_, lines) => {
  it.each(lines.map((line): [string, GoldenCase] => [line.name, line]))('%s', (__, golden) => {
    const found = toFound(golden);
    if (golden.records) {
      for (const records of [golden.records, [...golden.records].reverse()]) {
        let ids = 0;
        const page = identifyPage(records, model, found, () => `new-${++ids}`);
        const told = golden.records.map((record) => summarise(page.find((one) => one.record === record)?.outcome));
        expect(told).toEqual(golden.expect);
      }
      return;
    }
    if (!golden.record) throw new Error('The case has no record.');
    const outcome = identify(golden.record, model, found, golden);
    expect(summarise(outcome)).toEqual(golden.expect);
    expectSentences(outcome, golden.record);
  });
});

it('the golden set has at least 120 cases, each with a name of its own', () => {
  const names = cases.flatMap(([, lines]) => lines.map(({ name }) => name));
  expect(names.length).toBeGreaterThanOrEqual(120);
  expect(new Set(names).size).toBe(names.length);
});

/** The outcome on one line: `A +serial -hostname` is item A with its serial number for it and its host name against it. */
function summarise(outcome: IdentifyOutcome | undefined): unknown {
  if (!outcome) return undefined;
  const { kind } = outcome;
  const leftOut = outcome.leftOut.filter(({ why }) => why !== 'missing').map(summariseLeftOut);
  const rest = leftOut.length > 0 ? { leftOut } : {};
  switch (outcome.kind) {
    case 'rejected':
      return { kind, reason: outcome.reason, ...rest };
    case 'postponed':
      return { kind, waitsFor: outcome.waitsFor, ...rest };
    case 'duplicate_suspected':
      return {
        kind,
        why: outcome.why,
        items: outcome.items.map(summariseSuspect),
        ...(outcome.appliesTo !== undefined && { appliesTo: outcome.appliesTo }),
        ...rest,
      };
    case 'created':
      return {
        kind,
        ...(outcome.because === 'another_thing' && { beside: outcome.beside.map(summariseSuspect) }),
        ...(outcome.movesLink && { moves: outcome.movesLink }),
        ...summariseShared(outcome),
        ...rest,
      };
    case 'linked':
    case 'matched':
    case 'class_change_proposed':
      return {
        kind,
        item: summariseSuspect(outcome),
        ...('by' in outcome && { by: outcome.by.scheme }),
        ...('from' in outcome && { from: outcome.from, to: outcome.to }),
        ...('displaces' in outcome && { displaces: outcome.displaces }),
        ...('movesLink' in outcome && { moves: outcome.movesLink }),
        ...(outcome.specialises !== undefined && { specialises: outcome.specialises }),
        ...(outcome.revives && { revives: true }),
        ...summariseShared(outcome),
        ...rest,
      };
  }
}

function summariseSuspect({ itemId, for: agreeing, against }: Suspect): string {
  return [itemId, ...agreeing.map(({ scheme }) => `+${scheme}`), ...against.map(({ scheme }) => `-${scheme}`)].join(' ');
}

function summariseShared({ identifiers }: { identifiers: IdentifierFate }) {
  return identifiers.shared.length > 0 ? { shared: identifiers.shared.map(({ scheme, itemIds }) => [scheme, ...itemIds].join(' ')) } : {};
}

function summariseLeftOut({ scheme, why, flaw }: LeftOut): string {
  return `${scheme} ${flaw ?? why}`;
}

function expectSentences(outcome: IdentifyOutcome, record: SourceRecord) {
  const labels = new Map(definition.classes.flatMap(({ identifiers = [] }) => identifiers.map(({ scheme, label }) => [scheme, label] as const)));
  const reasons = explain(outcome, record, {
    item: (id) => id,
    scheme: (scheme) => schemeLabel(scheme, labels.get(scheme)),
    value: (_, value) => value,
    class: (name) => definition.classes.find((one) => one.name === name)?.label ?? { ru: name, en: name },
  });
  expect(reasons.length).toBeGreaterThan(0);
  for (const { ru, en } of reasons) {
    expect(ru).toMatch(/^[«А-ЯЁA-Z].*[.]$/su);
    expect(en).toMatch(/^[«"A-Z].*[.]$/su);
    expect(`${ru} ${en}`).not.toMatch(/undefined|\[object/);
  }
}

function toFound({ record, records = [], items = [], replaced = {}, contested = [], counts = {} }: GoldenCase): Found {
  const known = items.map(toKnownItem);
  const source = (record ?? records[0])?.source;
  const links = known.flatMap((item) => item.links.filter((link) => link.source === source).map((link) => ({ item, link })));
  // A living item has an identifier before a retired one.
  const claims = new Map<string, string[]>();
  for (const retired of [false, true]) {
    const before = new Set(claims.keys());
    for (const item of known.filter((one) => one.retired === retired))
      for (const key of identifiersOf(item.links).map(toIdentifierKey)) if (!before.has(key)) claims.set(key, [...(claims.get(key) ?? []), item.id]);
  }
  return {
    keys: new Map([
      ...links.map(({ item, link }) => [link.key, { itemId: item.id, ...(link.seen === 'gone' && { tombstoned: true }) }] as const),
      ...Object.entries(replaced).map(([key, itemId]) => [key, { itemId, replaced: true }] as const),
    ]),
    contested: new Set(contested),
    claims,
    counts: new Map(Object.entries(counts)),
    items: new Map(known.map((item) => [item.id, item])),
  };
}

function toKnownItem({ id, class: itemClass, name = id, retired = false, links = [], ...facts }: GoldenItem): KnownItem {
  const own = model.classes.get(itemClass);
  if (!own) throw new Error(`No class ${itemClass}`);
  const hostOf = (type: string) => {
    const host = facts.hosts?.[type];
    return host && 'itemId' in host ? host.itemId : undefined;
  };
  const identifiers = listIdentifiers({ name, ...facts }, own, { hostOf }).identifiers.map(({ scheme, value }) => ({ scheme, value }));
  return {
    id,
    class: itemClass,
    name,
    retired,
    links: (links.length > 0 ? links : [`manual ${id} before`]).map((link): KnownLink => {
      const [source = '', key = '', seen] = link.split(' ');
      return { source, key, seen: seen === 'new' || seen === 'now' || seen === 'gone' ? seen : 'before', identifiers };
    }),
  };
}

function compile({ classes }: ModelDefinition): IdentifyingModel {
  const chain = (name: string): ModelDefinition['classes'] => {
    const own = classes.find((one) => one.name === name);
    return own ? [own, ...(own.parent === undefined ? [] : chain(own.parent))] : [];
  };
  return {
    classes: new Map(
      classes.map((own) => {
        const identifiers = new Map<string, IdentifierEntry>();
        for (const { identifiers: entries = [] } of chain(own.name))
          for (const entry of entries) if (!identifiers.has(entry.scheme)) identifiers.set(entry.scheme, entry);
        const attributes = new Map<string, AttributeDefinition>(chain(own.name).flatMap(({ attributes: some = {} }) => Object.entries(some)));
        return [own.name, { abstract: own.abstract ?? false, identifiers: [...identifiers.values()], attributes }];
      }),
    ),
    isA: (name, ancestor) => chain(name).some((one) => one.name === ancestor),
  };
}
