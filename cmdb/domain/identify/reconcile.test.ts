import fc from 'fast-check';
import type { AttributeDefinition } from '../model/model.ts';
import { explainReconciliation } from './explain-reconciliation.ts';
import { type ReconciledItem, reconcile } from './reconcile.ts';
import { fromFields, readSaid, type Said, toFields } from './said.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 0, 31);
const label = { ru: 'Память', en: 'Memory' };
const text = (authority?: AttributeDefinition['authority']): AttributeDefinition => ({ type: 'text', label, ...(authority && { authority }) });
const attributes = new Map([
  [
    'memory',
    text([
      { source: 'vcenter', staleAfter: 'P7D' },
      { source: 'agent', staleAfter: 'P14D' },
    ]),
  ],
  ['owner', text([{ source: 'hr' }, { source: 'manual' }])],
  ['note', text()],
]);

const nobody: ReconciledItem = { fields: {}, lookups: [], provenance: {} };
const say = (source: string, fields: Said['fields'], at = now, lookups: string[] = []): Said => ({
  source,
  key: `${source}-1`,
  at,
  fields,
  lookups,
  identifiers: [],
});

/** What an item is after each source has spoken, one after the other. */
function tell(...all: Said[]) {
  let item = nobody;
  const known = new Map<string, Said>();
  let last: ReturnType<typeof reconcile> | undefined;
  for (const said of all) {
    last = reconcile(item, said, attributes, [...known.values()]);
    known.set(`${said.source} ${said.key}`, said);
    item = last.after;
  }
  if (!last) throw new Error('Nobody spoke.');
  return last;
}

describe('whose word counts', () => {
  it('the first who says something is right', () => {
    const { changes, after, contested } = tell(say('agent', { name: 'db-1', memory: '8' }));
    expect(changes).toEqual([
      { attribute: 'memory', after: '8', by: 'agent', right: 'first' },
      { attribute: 'name', after: 'db-1', by: 'agent', right: 'first' },
    ]);
    expect(after.provenance['memory']).toEqual({ source: 'agent', key: 'agent-1', at: now });
    expect(contested).toBe(false);
  });

  it('a better source overwrites a lesser one', () => {
    expect(tell(say('agent', { memory: '8' }), say('vcenter', { memory: '16' })).changes).toEqual([
      { attribute: 'memory', before: '8', after: '16', by: 'vcenter', right: 'authority' },
    ]);
  });

  it('a lesser source does not overwrite a better one, and is told until when', () => {
    const { changes, kept, contested } = tell(say('vcenter', { memory: '16' }), say('agent', { memory: '8' }));
    expect(changes).toEqual([]);
    expect(kept).toEqual([{ attribute: 'memory', value: '16', offered: '8', source: 'vcenter', because: 'authority', until: now + 7 * day }]);
    expect(contested).toBe(true);
  });

  it('a lesser source overwrites a better one that has been silent for its period, and not a moment before', () => {
    const before = say('vcenter', { memory: '16' }, now - 7 * day);
    expect(tell(before, say('agent', { memory: '8' })).changes).toEqual([]);
    expect(tell(before, say('agent', { memory: '8' }, now + 1)).changes).toEqual([
      { attribute: 'memory', before: '16', after: '8', by: 'agent', right: 'owner_silent' },
    ]);
  });

  it('a better source that speaks again takes its value back, also when it says nothing new', () => {
    const silent = say('vcenter', { memory: '16' }, now - 8 * day);
    expect(tell(silent, say('agent', { memory: '8' }), say('vcenter', { memory: '16' })).changes).toEqual([
      { attribute: 'memory', before: '8', after: '16', by: 'vcenter', right: 'authority' },
    ]);
  });

  it('a person comes first, unless the class says otherwise', () => {
    const { changes, kept } = tell(
      say('hr', { owner: 'Ivanov' }),
      say('manual', { memory: '32', owner: 'Petrov' }),
      say('vcenter', { memory: '16' }),
    );
    expect(changes).toEqual([]);
    expect(kept).toMatchObject([{ attribute: 'memory', value: '32', because: 'person' }]);
    expect(tell(say('manual', { owner: 'Petrov' }), say('hr', { owner: 'Ivanov' })).changes).toMatchObject([{ by: 'hr', right: 'authority' }]);
  });

  it('a source that the class does not name comes after all that it names', () => {
    expect(tell(say('agent', { memory: '8' }), say('zabbix', { memory: '4' })).kept).toMatchObject([{ because: 'authority', until: now + 14 * day }]);
  });

  it('sources that are alike stand in the order of their names, and do not overwrite each other by turns', () => {
    const [b, c] = [say('b', { note: 'b' }), say('c', { note: 'c' }, now + day)];
    expect(tell(b, c).kept).toMatchObject([{ value: 'b', because: 'alike' }]);
    expect(tell(c, b).changes).toMatchObject([{ before: 'c', after: 'b', right: 'alike' }]);
  });

  it('a source changes its own value', () => {
    expect(tell(say('agent', { memory: '8' }), say('agent', { memory: '12' })).changes).toEqual([
      { attribute: 'memory', before: '8', after: '12', by: 'agent', right: 'own' },
    ]);
  });

  it('an equal value moves to the better source and to no other', () => {
    expect(tell(say('agent', { memory: '8' }), say('vcenter', { memory: '8' }))).toMatchObject({
      changes: [],
      kept: [],
      after: { provenance: { memory: { source: 'vcenter' } } },
    });
    expect(tell(say('vcenter', { memory: '8' }), say('agent', { memory: '8' })).after.provenance['memory']?.source).toBe('vcenter');
  });

  it('an object is equal whatever the order of its keys', () => {
    expect(tell(say('agent', { tags: { a: 1, b: 2 } }), say('agent', { tags: { b: 2, a: 1 } })).changes).toEqual([]);
  });
});

describe('what is not said any more', () => {
  it('goes away with the word of its owner', () => {
    expect(tell(say('agent', { memory: '8', note: 'x' }), say('agent', { memory: '8' })).changes).toEqual([
      { attribute: 'note', before: 'x', by: 'agent', right: 'withdrawn' },
    ]);
  });

  it('stays when it is the word of another', () => {
    expect(tell(say('agent', { note: 'x' }), say('vcenter', { memory: '16' })).changes).toMatchObject([{ attribute: 'memory' }]);
  });

  it('makes room for what the next one says', () => {
    expect(tell(say('vcenter', { memory: '16' }), say('agent', { memory: '8' }), say('vcenter', {})).changes).toEqual([
      { attribute: 'memory', before: '16', after: '8', by: 'agent', right: 'next' },
    ]);
  });

  it('stays when the next one says the same', () => {
    expect(tell(say('vcenter', { memory: '8' }), say('agent', { memory: '8' }), say('vcenter', {}))).toMatchObject({
      changes: [],
      after: { fields: { memory: '8' }, provenance: { memory: { source: 'agent' } } },
    });
  });

  it('is something else than the word that there is none', () => {
    const { after, kept } = tell(say('vcenter', { memory: null }), say('agent', { memory: '8' }));
    expect(after.fields).toEqual({});
    expect(kept).toMatchObject([{ attribute: 'memory', offered: '8', source: 'vcenter', because: 'authority' }]);
    expect(tell(say('agent', { memory: '8' }), say('vcenter', { memory: null })).changes).toEqual([
      { attribute: 'memory', before: '8', by: 'vcenter', right: 'authority' },
    ]);
  });

  it('stays when its owner does not speak of the item any more, until somebody says otherwise', () => {
    const item: ReconciledItem = {
      fields: { memory: '16', note: 'old' },
      lookups: [],
      provenance: { memory: { source: 'vcenter', key: 'vm-1', at: 1 } },
    };
    expect(reconcile(item, say('agent', { name: 'a' }), attributes, []).after.fields).toEqual({ memory: '16', note: 'old', name: 'a' });
    expect(reconcile(item, say('agent', { memory: '8', note: 'new' }), attributes, []).changes).toMatchObject([
      { after: '8', right: 'owner_gone' },
      { after: 'new', right: 'owner_gone' },
    ]);
  });
});

describe('lookups', () => {
  it('are those of all sources, each once', () => {
    const { after, changes } = tell(say('agent', {}, now, ['DB-1', '10.0.0.5']), say('vcenter', {}, now, ['db-1', '10.0.0.6']));
    expect(after.lookups).toEqual(['10.0.0.5', '10.0.0.6', 'db-1']);
    expect(changes).toMatchObject([{ attribute: 'lookups', by: 'vcenter', right: 'united' }]);
  });

  it('go when the last who gave them gives them no more', () => {
    expect(tell(say('agent', {}, now, ['a']), say('vcenter', {}, now, ['a', 'b']), say('vcenter', {})).after.lookups).toEqual(['a']);
  });
});

describe('a record', () => {
  const record = {
    source: 'agent',
    key: 'a1',
    class: 'server',
    name: 'db-1',
    site: 's1',
    attributes: { memory: '8', name: 'hidden' },
    lookups: ['b', 'A'],
  };
  const fate = { claimed: [{ scheme: 'serial', value: 'x' }], shared: [{ scheme: 'mac', value: 'y', itemIds: ['z'] }] };

  it('says its own fields and its attributes', () => {
    const said = readSaid(record, fate, now);
    expect(said).toEqual({
      source: 'agent',
      key: 'a1',
      at: now,
      fields: { memory: '8', name: 'db-1', site: 's1' },
      lookups: ['A', 'b'],
      identifiers: [
        { scheme: 'serial', value: 'x' },
        { scheme: 'mac', value: 'y' },
      ],
    });
    expect(fromFields(said.fields)).toEqual({ own: { name: 'db-1', site: 's1' }, attributes: { memory: '8' } });
  });

  it('of changes only leaves what it does not speak of as it was said', () => {
    const before = readSaid(record, fate, now);
    const change = { source: 'agent', key: 'a1', class: 'server', name: 'db-2', attributes: { memory: null } };
    expect(readSaid(change, { claimed: [{ scheme: 'serial', value: 'new' }], shared: [] }, now + 1, 'changes', before)).toEqual({
      ...before,
      at: now + 1,
      fields: { memory: null, name: 'db-2', site: 's1' },
      identifiers: [
        { scheme: 'mac', value: 'y' },
        { scheme: 'serial', value: 'new' },
      ],
    });
    expect(readSaid(change, { claimed: [], shared: [] }, now, 'all', before).fields).toEqual({ memory: null, name: 'db-2' });
  });

  it('may name an attribute as JavaScript names its own', () => {
    const fields = toFields({ name: 'x', attributes: JSON.parse('{"__proto__": "p", "constructor": "c"}') as Said['fields'] });
    const { after } = reconcile(nobody, { ...say('agent', {}), fields }, attributes, []);
    expect(JSON.stringify(after.fields)).toBe('{"__proto__":"p","constructor":"c","name":"x"}');
  });
});

describe('any order of arrival', () => {
  const source = fc.constantFrom('vcenter', 'agent', 'manual', 'hr', 'zabbix', '1c');
  const fields = fc.dictionary(fc.constantFrom('memory', 'owner', 'note', 'name'), fc.constantFrom('1', '2', null));
  const lookups = fc.subarray(['DB-1', 'db-1', '10.0.0.5', 'b']);
  const speech = fc
    .tuple(source, fc.constantFrom('1', '2'), fields, lookups, fc.nat(20))
    .map(([name, key, values, names, days]): Said => ({ ...say(name, values, now - days * day, names), key }));
  const keyOf = ({ source: name, key }: Said) => `${name} ${key}`;
  const once = fc.uniqueArray(speech, { selector: keyOf, minLength: 1, maxLength: 8 });

  /** Some have spoken before, some speak now, at one moment, in one order, and some of them twice. */
  const scene = fc.record({ before: once, speakers: once }).chain(({ before, speakers }) => {
    const records = speakers.map((said) => ({ ...said, at: now }));
    const doubled = [...records, ...records];
    const order = fc.shuffledSubarray(doubled, { minLength: doubled.length, maxLength: doubled.length });
    return fc.record({
      before: fc.constant(before),
      records: fc.constant(records),
      order,
      single: fc.shuffledSubarray(records, { minLength: records.length }),
    });
  });

  it('of the same records at one moment gives the same item with the same owners', () => {
    fc.assert(
      fc.property(scene, ({ before, records, order, single }) => {
        const arrive = (arrivals: readonly Said[]) => {
          const known = new Map(before.map((said) => [keyOf(said), said]));
          let item = before.reduce((so, said, at) => reconcile(so, said, attributes, before.slice(0, at)).after, nobody);
          for (const said of arrivals) {
            item = reconcile(item, said, attributes, [...known.values()]).after;
            known.set(keyOf(said), said);
          }
          return item;
        };
        const expected = arrive(records);
        // Since when a value is its owner's may differ for those who had said it before; whose it is may not.
        const owners = ({ provenance }: ReconciledItem) =>
          Object.fromEntries(Object.entries(provenance).map(([name, owner]) => [name, [owner.source, owner.key]]));
        for (const arrived of [arrive(order), arrive(single)]) {
          expect(arrived.fields).toEqual(expected.fields);
          expect(arrived.lookups).toEqual(expected.lookups);
          expect(owners(arrived)).toEqual(owners(expected));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('changes nothing when the same record comes again at once', () => {
    fc.assert(
      fc.property(once, speech, (before, said) => {
        const first = reconcile(nobody, said, attributes, before);
        const again = reconcile(first.after, said, attributes, [...before, said]);
        expect(again).toEqual({ ...first, changes: [] });
      }),
    );
  });
});

it('every change and every kept value is told in both languages', () => {
  const told = explainReconciliation(tell(say('agent', { memory: '8' }), say('vcenter', { memory: '16' })), () => label);
  expect(told).toEqual([
    {
      code: 'changed_authority',
      ru: 'Память: было «8», стало «16»: по этому атрибуту слово vcenter важнее.',
      en: 'Memory: was "8", is "16": on this attribute the word of vcenter counts for more.',
    },
  ]);
  expect(explainReconciliation(tell(say('vcenter', { memory: '16' }), say('agent', { memory: null })), () => label)).toEqual([
    {
      code: 'kept_authority',
      ru: 'Память: осталось «16», а не пусто: слово vcenter важнее. Если до 2026-02-07T00:00:00Z он ничего не скажет, будет иначе.',
      en: 'Memory: stays "16" and not empty: the word of vcenter counts for more. That changes if it says nothing until 2026-02-07T00:00:00Z.',
    },
  ]);
});
