import fc from 'fast-check';
import { model } from '../../../tests/cmdb/random-graphs.ts';
import { readRedundancy } from '../impact/redundancy.ts';
import { buildNet, type FailureNet, spreadFrom } from './failure-net.ts';
import { type CauseQuestion, chooseCandidates, type Evidence, findCauses } from './find-causes.ts';
import type { Hop } from './find-paths.ts';

/** What is known, as it would be told: relations as `from type to`; what an item needs, where it is in its life, what was changed lately, what is broken and what is up. */
interface Story {
  relations: string[];
  needs?: Record<string, string[]>;
  phases?: Record<string, 'planned' | 'maintenance' | 'retired'>;
  changed?: string[];
  rewired?: string[];
  broken: string[];
  up?: string[];
  causes: string[][];
  unexplained?: string[];
  /** Of the ranking: who would have failed too, or which groups would have held. */
  against?: Record<string, string[]>;
}

const spokes = (hub: string, type: string, ...ids: string[]) => ids.map((id) => `${hub} ${type} ${id}`);
const towards = (hub: string, type: string, ...ids: string[]) => ids.map((id) => `${id} ${type} ${hub}`);

const stories: Record<string, Story> = {
  'a feed fails: the nearest that all three hang on, not what is behind it': {
    relations: [...spokes('pdu', 'supplies', 'srv1', 'srv2', 'srv3'), 'ups supplies pdu'],
    broken: ['srv1', 'srv2', 'srv3'],
    causes: [['pdu']],
  },
  'both feeds of one supply fail: the supply': {
    relations: [
      ...spokes('pdu1', 'supplies', 'srv1', 'srv2'),
      ...spokes('pdu2', 'supplies', 'srv3', 'srv4'),
      ...spokes('ups', 'supplies', 'pdu1', 'pdu2'),
    ],
    broken: ['srv1', 'srv2', 'srv3', 'srv4'],
    causes: [['ups']],
  },
  'half of what a feed supplies is up: it is not the feed': {
    relations: spokes('pdu', 'supplies', 'srv1', 'srv2', 'srv3', 'srv4'),
    broken: ['srv1', 'srv2'],
    up: ['srv3', 'srv4'],
    causes: [],
    unexplained: ['srv1', 'srv2'],
    against: { pdu: ['srv3', 'srv4'] },
  },
  'one member of a cluster that needs two of three explains nothing of it': {
    relations: [...towards('cluster', 'part_of', 'host1', 'host2', 'host3'), 'service depends_on cluster'],
    needs: { cluster: ['part_of:2'] },
    broken: ['service', 'host1'],
    causes: [],
    unexplained: ['service', 'host1'],
    against: { host1: ['cluster part_of 2 of 3'] },
  },
  'two members of it together do': {
    relations: [...towards('cluster', 'part_of', 'host1', 'host2', 'host3'), 'service depends_on cluster'],
    needs: { cluster: ['part_of:2'] },
    broken: ['service', 'cluster', 'host1', 'host2'],
    causes: [['host1', 'host2']],
    against: { host1: ['cluster part_of 2 of 3'] },
  },
  'a switch takes two members of a cluster, and the cluster with them': {
    relations: [
      ...towards('cluster', 'part_of', 'host1', 'host2', 'host3'),
      ...towards('switch', 'connected_to', 'host1', 'host2'),
      'service depends_on cluster',
    ],
    needs: { cluster: ['part_of:2'] },
    broken: ['service', 'cluster', 'host1', 'host2'],
    causes: [['switch']],
  },
  'both members that are missing are in maintenance: nobody told that this is one too many': {
    relations: [...towards('cluster', 'part_of', 'host1', 'host2', 'host3'), 'service depends_on cluster'],
    needs: { cluster: ['part_of:2'] },
    phases: { host2: 'maintenance', host3: 'maintenance' },
    broken: ['service', 'cluster'],
    causes: [['host2', 'host3']],
  },
  'nested groups: the four nodes, two and two': {
    relations: [
      ...towards('cell1', 'part_of', 'node1', 'node2'),
      ...towards('cell2', 'part_of', 'node3', 'node4'),
      ...towards('ring', 'part_of', 'cell1', 'cell2'),
    ],
    needs: { cell1: ['part_of:1'], cell2: ['part_of:1'], ring: ['part_of:1'] },
    broken: ['node1', 'node2', 'node3', 'node4', 'cell1', 'cell2', 'ring'],
    causes: [
      ['node1', 'node2'],
      ['node3', 'node4'],
    ],
  },
  'half of four must be up: two of them are not enough to explain it': {
    relations: towards('pool', 'part_of', 'web1', 'web2', 'web3', 'web4'),
    needs: { pool: ['part_of:50%'] },
    broken: ['pool', 'web1', 'web2'],
    causes: [],
    unexplained: ['pool', 'web1', 'web2'],
  },
  'a machine fails whose host is in maintenance': {
    relations: ['vm runs_on host', 'host located_in rack'],
    phases: { host: 'maintenance' },
    broken: ['vm'],
    causes: [['host']],
  },
  'a machine fails whose host was changed an hour before': {
    relations: ['vm runs_on host', 'vm depends_on dns'],
    changed: ['host'],
    broken: ['vm'],
    causes: [['host']],
  },
  'a machine fails, and nothing is known of what it stands on': {
    relations: ['vm runs_on host'],
    broken: ['vm'],
    causes: [],
    unexplained: ['vm'],
  },
  'a machine that was itself changed is its own cause': {
    relations: ['vm runs_on host'],
    changed: ['vm'],
    broken: ['vm'],
    causes: [['vm']],
  },
  'a new relation of a load balancer, behind which both sites fail': {
    relations: ['shop depends_on balancer', 'desk depends_on balancer', 'shop depends_on billing', 'desk depends_on billing'],
    rewired: ['balancer'],
    broken: ['shop', 'desk'],
    causes: [['balancer']],
  },
  'a ring in which each depends on the next: one of them, always the same': {
    relations: ['a depends_on b', 'b depends_on c', 'c depends_on a'],
    broken: ['a', 'b', 'c'],
    causes: [['a']],
  },
  'two faults at once, and a third thing that has nothing to do with them': {
    relations: [...spokes('pdu', 'supplies', 'srv1', 'srv2'), ...towards('switch', 'connected_to', 'cam1', 'cam2', 'cam3')],
    broken: ['srv1', 'srv2', 'cam1', 'cam2', 'cam3', 'printer'],
    causes: [['switch'], ['pdu']],
    unexplained: ['printer'],
  },
  'the meters behind a concentrator are silent': {
    relations: [...towards('concentrator', 'connected_to', 'meter1', 'meter2', 'meter3'), 'controller controls concentrator'],
    broken: ['meter1', 'meter2', 'meter3'],
    causes: [['concentrator']],
  },
  'the database is broken, and with it what depends on it': {
    relations: [...towards('db', 'depends_on', 'app1', 'app2'), 'db runs_on vm'],
    broken: ['app1', 'app2', 'db'],
    causes: [['db']],
  },
  'failure does not come through what is up': {
    relations: ['service depends_on app', 'app runs_on vm'],
    changed: ['vm'],
    broken: ['service'],
    up: ['app'],
    causes: [],
    unexplained: ['service'],
  },
  'what is planned breaks nothing, and what was retired a moment ago does': {
    relations: ['vm runs_on old', 'vm depends_on new', 'app runs_on new'],
    phases: { old: 'retired', new: 'planned' },
    changed: ['old'],
    broken: ['vm', 'app'],
    causes: [['old']],
    unexplained: ['app'],
  },
};

const at = 1_000_000;

function questionOf({ relations, needs = {}, phases = {}, changed = [], rewired = [], broken, up = [] }: Story): CauseQuestion {
  const hops = relations.flatMap((relation): Hop[] => {
    const [from = '', type = '', to = ''] = relation.split(' ');
    const failure = model.relationTypes.get(type)?.failure;
    return [
      ...(failure === 'forward' || failure === 'both' ? [{ from, to, type, way: 'out' as const }] : []),
      ...(failure === 'backward' || failure === 'both' ? [{ from: to, to: from, type, way: 'in' as const }] : []),
    ];
  });
  const ids = new Set([...broken, ...up, ...hops.flatMap(({ from, to }) => [from, to])]);
  const items = new Map([...ids].map((id) => [id, { phase: phases[id] ?? ('active' as const), needs: readRedundancy(needs[id]) }]));
  const evidence = new Map<string, Evidence>([
    ...rewired.map((id): [string, Evidence] => [id, { relationChangedAt: at }]),
    ...changed.map((id): [string, Evidence] => [id, { changedAt: at }]),
  ]);
  const asked = { net: buildNet(hops, items, (type) => model.relationTypes.get(type)?.weight ?? 1), broken, up, evidence, depth: 6 };
  return { ...asked, candidates: chooseCandidates(asked, 500).ids, ranked: 20 };
}

describe('the causes that explain most with least', () => {
  it.each(Object.entries(stories))('%s', (_, story) => {
    const question = questionOf(story);
    const { causes, ranking, unexplained, isOverTime } = findCauses(question);
    expect({ causes: causes.map(({ ids }) => ids), unexplained }).toEqual({ causes: story.causes, unexplained: story.unexplained ?? [] });
    expect(isOverTime).toBe(false);
    const explained = causes.flatMap((cause) => cause.explains.map(({ id }) => id));
    expect([...explained, ...unexplained].sort()).toEqual([...story.broken].sort());
    for (const [id, expected] of Object.entries(story.against ?? {})) {
      const candidate = ranking.find(({ ids }) => ids.join() === id);
      const groups = candidate?.holding.map(({ id: of, type, members, needed }) => `${of} ${type} ${needed} of ${members.length}`) ?? [];
      expect([...(candidate?.contradicted ?? []), ...groups]).toEqual(expected);
    }
  });

  it('tell the way to what each explains', () => {
    const { causes } = findCauses(questionOf(stories['two members of it together do'] as Story));
    expect(causes[0]?.explains.map(({ id, way }) => [id, ...way.map(({ type, to }) => `${type} ${to}`)])).toEqual([
      ['service', 'part_of cluster', 'depends_on service'],
      ['cluster', 'part_of cluster'],
      ['host1'],
      ['host2'],
    ]);
  });

  it('are looked for among those that lead to most of what is broken, and until the time is over', () => {
    const question = questionOf(stories['a feed fails: the nearest that all three hang on, not what is behind it'] as Story);
    expect(chooseCandidates(question, 1)).toEqual({ ids: ['pdu', 'srv1', 'srv2', 'srv3'], areAll: false });
    expect(chooseCandidates(question, 5)).toEqual({ ids: ['pdu', 'srv1', 'srv2', 'srv3', 'ups'], areAll: true });
    expect(findCauses({ ...question, isTimeOver: () => true })).toEqual({ causes: [], ranking: [], unexplained: question.broken, isOverTime: true });
  });
});

const phases = fc.option(fc.constantFrom('planned', 'maintenance', 'retired'), { nil: undefined, freq: 5 });
const chaos = fc.integer({ min: 2, max: 14 }).chain((size) => {
  const id = fc.nat(size - 1).map((place) => `i${place}`);
  const type = fc.constantFrom('depends_on', 'part_of', 'supplies', 'replicates_with');
  return fc.record({
    relations: fc.uniqueArray(
      fc.tuple(id, type, id).map((parts) => parts.join(' ')),
      { maxLength: size * 3 },
    ),
    needs: fc.dictionary(id, fc.constantFrom<string[]>(['part_of:2'], ['depends_on:50%'], ['part_of:1', 'depends_on:1'])),
    phases: fc.dictionary(id, phases),
    changed: fc.uniqueArray(id, { maxLength: 2 }),
    broken: fc.uniqueArray(id, { minLength: 1, maxLength: 6 }),
    up: fc.uniqueArray(id, { maxLength: 3 }),
  });
});
const storyOf = ({ up, broken, phases: told, ...rest }: typeof chaos extends fc.Arbitrary<infer One> ? One : never): Story => ({
  ...rest,
  phases: told as NonNullable<Story['phases']>,
  broken,
  up: up.filter((id) => !broken.includes(id)),
  causes: [],
});

/** The slow and plain way: over all items and all hops, again and again, for as many steps as there may be. */
function plainSpread(starts: readonly string[], { items, back }: FailureNet, up: ReadonlySet<string>, depth: number): Map<string, number> {
  const failed = new Map(starts.map((id) => [id, 0]));
  const isThere = (id: string) => !['planned', 'retired'].includes(items.get(id)?.phase ?? '');
  for (let step = 1; step <= depth; step++) {
    const before = new Set(failed.keys());
    for (const [id, { needs, phase }] of items) {
      if (before.has(id) || up.has(id) || !isThere(id) || phase === 'maintenance') continue;
      const hops = back.get(id) ?? [];
      const fails = [...new Set(hops.map(({ type }) => type))].some((type) => {
        const members = [...new Set(hops.filter((hop) => hop.type === type).map(({ from }) => from))];
        const need = needs.get(type);
        if (!need) return members.some((member) => before.has(member));
        const there = members.filter(isThere);
        const needed = 'count' in need ? need.count : Math.ceil(need.share * there.length - 1e-9);
        return (
          there.filter((member) => !before.has(member)).length < needed &&
          members.some((member) => failed.get(member) !== undefined && before.has(member))
        );
      });
      if (fails) failed.set(id, step);
    }
  }
  return failed;
}

describe('in any graph', () => {
  it('what fails with some items is what a plain walk finds, at its distance, and each way leads there', () => {
    fc.assert(
      fc.property(chaos.map(storyOf), (story) => {
        const { net, broken, up } = questionOf(story);
        const { failed } = spreadFrom(broken, net, { up: new Set(up), depth: 6 });
        const distances = [...failed].map(([id, { distance }]) => `${id} ${distance}`).sort();
        expect(distances).toEqual([...plainSpread(broken, net, new Set(up), 6)].map(([id, distance]) => `${id} ${distance}`).sort());
        for (const { by, distance } of failed.values()) if (by) expect(failed.get(by.from)?.distance).toBeLessThan(distance);
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  it('the causes explain together what they say, none of them could be left out, and the order in which things are told changes nothing', () => {
    fc.assert(
      fc.property(chaos.map(storyOf), (story) => {
        const question = questionOf(story);
        const found = findCauses(question);
        const upset = questionOf({ ...story, relations: [...story.relations].reverse() });
        expect(findCauses(upset)).toEqual(found);
        const told = found.causes.flatMap(({ explains }) => explains.map(({ id }) => id));
        expect([...told, ...found.unexplained].sort()).toEqual([...story.broken].sort());
        const isUp = new Set(question.up);
        const failedBy = (ids: string[]) => plainSpread(ids, question.net, isUp, 6);
        const all = found.causes.flatMap(({ ids }) => ids);
        const failed = failedBy([...all, ...found.unexplained]);
        for (const { explains } of found.causes) for (const { id, distance } of explains) expect(failed.get(id)).toBe(distance);
        for (const { ids } of found.causes) {
          const others = [...found.causes.filter((one) => one.ids !== ids).flatMap((one) => one.ids), ...found.unexplained];
          const without = failedBy(others);
          expect(story.broken.every((id) => without.has(id))).toBe(false);
        }
        for (const { ids } of found.causes) for (const id of ids) expect(isUp.has(id)).toBe(false);
      }),
      { numRuns: 500, seed: 4 },
    );
  });
});
