import fc from 'fast-check';
import type { AttributeDefinition } from '../model/model.ts';
import { type MergeRules, mergeItems, type RelationRow, rehost, type WholeItem } from './merge-items.ts';
import { settleItem } from './reconcile.ts';
import type { Said } from './said.ts';
import { splitItem } from './split-item.ts';

const now = Date.UTC(2026, 0, 31);
const label = { ru: 'Память', en: 'Memory' };
const rules: MergeRules = {
  attributes: new Map<string, AttributeDefinition>([['memory', { type: 'text', label, authority: [{ source: 'vcenter' }, { source: 'agent' }] }]]),
  isA: (name, ancestor) => name === ancestor || (name === 'linux_server' && ancestor === 'server'),
};

const say = (source: string, key: string, fields: Said['fields'], lookups: string[] = [], serial?: string): Said => ({
  source,
  key,
  at: now - 1000,
  fields,
  lookups,
  identifiers: serial === undefined ? [] : [{ scheme: 'serial', value: serial }],
});

function settle(id: string, said: readonly Said[], more: Partial<WholeItem> = {}): WholeItem {
  const { fields = {}, ...rest } = more;
  const base = { fields, lookups: [], provenance: {} };
  return { id, class: 'server', retired: false, said, relations: [], ...rest, ...settleItem(base, said, rules.attributes, now) };
}

const relation = (id: string, type: string, fromId: string, toId: string): RelationRow => ({ id, type, fromId, toId });
const winner = settle('w', [say('vcenter', 'vm-1', { name: 'db-1', memory: '16' }, ['10.0.0.5'], 'x1')], {
  relations: [relation('r1', 'runs_on', 'app', 'w'), relation('r2', 'connected_to', 'w', 'l')],
});
const loser = settle('l', [say('agent', 'a1', { name: 'db-1.corp', memory: '8', cores: 4 }, ['db-1'], 'x2')], {
  class: 'linux_server',
  fields: { note: 'from a spreadsheet' },
  relations: [relation('r2', 'connected_to', 'w', 'l'), relation('r3', 'runs_on', 'app', 'l'), relation('r4', 'runs_on', 'l', 'rack')],
});

describe('two items that are one', () => {
  const merge = mergeItems(winner, loser, rules, now);

  it('have the links, names and values of both, each value by whose word counts', () => {
    expect(merge.winner).toMatchObject({
      id: 'w',
      class: 'linux_server',
      fields: { name: 'db-1.corp', memory: '16', cores: 4, note: 'from a spreadsheet' },
      lookups: ['10.0.0.5', 'db-1'],
      said: [{ key: 'vm-1' }, { key: 'a1' }],
    });
    expect(merge.moves.links).toEqual([{ source: 'agent', key: 'a1' }]);
    expect(merge.moves.identifiers).toEqual([{ scheme: 'serial', value: 'x2' }]);
  });

  it('have each relation once, and none to itself', () => {
    expect(merge.winner.relations).toEqual([relation('r1', 'runs_on', 'app', 'w'), relation('r4', 'runs_on', 'w', 'rack')]);
    expect(merge.moves.relations).toEqual([relation('r4', 'runs_on', 'w', 'rack')]);
    expect(merge.moves.endedRelations.map(({ id }) => id)).toEqual(['r2', 'r3']);
  });

  it('are two again when the merge is taken back', () => {
    expect(sorted(splitItem(merge.winner, merge.record, rules, now))).toEqual(sorted({ winner, loser }));
  });

  it('take with them what their own sources have said since', () => {
    const said = merge.winner.said.map((one) => (one.key === 'a1' ? { ...one, at: now, fields: { name: 'db-1.corp', memory: '12' } } : one));
    const today = {
      ...merge.winner,
      ...settleItem(merge.winner, said, rules.attributes, now),
      said,
      relations: [relation('r1', 'runs_on', 'app', 'w'), relation('r9', 'runs_on', 'new', 'w')],
    };
    const { winner: one, loser: other } = splitItem(today, merge.record, rules, now);
    expect(one.fields).toEqual({ name: 'db-1', memory: '16' });
    expect(other.fields).toEqual({ name: 'db-1.corp', memory: '12', note: 'from a spreadsheet' });
    // What was tied to the merged item since stays with the winner; what ended since does not come back.
    expect(one.relations.map(({ id }) => id)).toEqual(['r1', 'r9', 'r2']);
    expect(other.relations.map(({ id }) => id)).toEqual(['r2', 'r3']);
  });

  it('take what depends on them along', () => {
    const identifiers = [
      { scheme: 'name_in_host', value: 'l|billing' },
      { scheme: 'name_in_host', value: 'll|billing' },
    ];
    expect(rehost(identifiers, 'l', 'w').map(({ value }) => value)).toEqual(['w|billing', 'll|billing']);
  });
});

it('any merge can be taken back, whatever the two items were', () => {
  const values = fc.dictionary(fc.constantFrom('name', 'memory', 'cores', 'note'), fc.constantFrom('1', '2', null));
  const leftover = fc.dictionary(fc.constantFrom('memory', 'note', 'old'), fc.constantFrom('8', '9'));
  const speakers = (keys: string[]) =>
    fc.uniqueArray(
      fc
        .tuple(fc.constantFrom('vcenter', 'agent', 'manual', 'zabbix'), fc.constantFrom(...keys), values, fc.subarray(['a', 'b', 'c']))
        .map(([source, key, fields, lookups]) => say(source, key, fields, lookups, key)),
      { selector: ({ source, key }) => `${source} ${key}`, minLength: 1, maxLength: 4 },
    );
  const whole = (id: string, keys: string[], relations: RelationRow[]) =>
    fc
      .tuple(speakers(keys), leftover, fc.subarray(relations), fc.boolean(), fc.constantFrom('server', 'linux_server', 'printer'))
      .map(([said, fields, some, retired, ofClass]) => settle(id, said, { fields, relations: some, retired, class: ofClass }));
  const [own, others] = [
    [relation('r1', 'runs_on', 'app', 'w'), relation('r3', 'hosted_on', 'w', 'rack')],
    [relation('r4', 'runs_on', 'app', 'l'), relation('r6', 'hosted_on', 'l', 'rack'), relation('r7', 'hosted_on', 'l', 'other')],
  ];
  const between = fc.subarray([relation('r2', 'part_of', 'w', 'l'), relation('r5', 'part_of', 'l', 'w')]);
  fc.assert(
    fc.property(whole('w', ['1', '2'], own), whole('l', ['3', '4'], others), between, (some, other, both) => {
      const before = { winner: { ...some, relations: [...some.relations, ...both] }, loser: { ...other, relations: [...other.relations, ...both] } };
      const { winner: merged, record } = mergeItems(before.winner, before.loser, rules, now);
      expect(sorted(splitItem(merged, record, rules, now))).toEqual(sorted(before));
    }),
    { numRuns: 500 },
  );
});

/** Relations have no order. */
function sorted(two: { winner: WholeItem; loser: WholeItem }) {
  const sort = (item: WholeItem) => ({ ...item, relations: [...item.relations].sort((one, other) => (one.id < other.id ? -1 : 1)) });
  return { winner: sort(two.winner), loser: sort(two.loser) };
}
