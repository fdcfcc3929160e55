import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { readPlan } from '../../tests/cmdb/read-plan.ts';
import { cmdb } from '../service.ts';
import { model } from './graph-shape.contract.ts';
import { selectFans, selectPastStandings, selectStandings } from './read-failures.ts';

const { forward, backward } = model.failureTypes;
const items = Array.from({ length: 4_000 }, () => newUuid());
const level = items.slice(0, 500);
const then = Date.now() - 1_000;

/** 4 000 items, each with five relations and as many that ended, each with a version before this one; one in fifty is special. */
describe('a level of an impact', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase(cmdb);
    await database.query(sql`insert into item (id, source, key, class, name, attributes, lookups, state, version, created_at, updated_at)
      select id, 'test', id::text, 'server', id::text,
        case when n % 50 = 0 then '{"redundancy": ["part_of:2"], "lifecycleState": "in_use"}'::jsonb else '{"lifecycleState": "in_use"}'::jsonb end,
        '{}', 'active', 2, '2025-01-01Z', '2026-01-01Z'
      from unnest(${items}::uuid[]) with ordinality as drawn(id, n)`);
    await database.query(sql`insert into item_version (item_id, version, valid_from, valid_to, class, name, attributes, lookups, state, actor_id, actor_name, unauthorised)
      select id, 1, '2025-01-01Z', now(), class, name, attributes, lookups, state, '', '', false from item`);
    await database.query(sql`insert into relation (id, type, from_id, to_id, source, state, version, created_at, updated_at)
      select gen_random_uuid(), (${[...forward, ...backward]}::text[])[1 + (n * 7 + turn) % ${forward.length + backward.length}], id,
        (${items}::uuid[])[1 + (n * 31 + turn * 977) % 4000], 'test', 'active', 2, '2026-01-01Z', '2026-01-01Z'
      from unnest(${items}::uuid[]) with ordinality as drawn(id, n), generate_series(1, 5) turn on conflict do nothing`);
    await database.query(sql`insert into relation_version (relation_id, version, valid_from, valid_to, from_id, to_id, source, state, actor_id, actor_name, unauthorised)
      select id, 1, '2025-01-01Z', now(), from_id, to_id, 'test', 'active', '', '', false from relation`);
    await database.query(sql`analyze item, item_version, relation, relation_version`);
  }, 60_000);
  afterAll(() => database.close());

  it('reads the edges by the indexes of both ends, and no others', async () => {
    const reads = await readPlan(database, selectFans(level, { forward, backward }, 10_001));
    expect(new Set(reads.map(({ index }) => index))).toEqual(new Set(['relation_identity', 'relation_incoming']));
    for (const { condition, rows } of reads) {
      expect(condition).toMatch(/^\(\((from|to)_id = ANY .* AND \(type = ANY /);
      expect(rows).toBeLessThanOrEqual(level.length * 12);
    }
  });

  it('reads the standing of those that are special, and of no others', async () => {
    const reads = await readPlan(database, selectStandings(level));
    expect(reads).toEqual([{ index: 'item_standing', rows: level.length / 50, condition: expect.stringMatching(/^\(id = ANY /) }]);
  });

  it('reads edges and standing as of a moment by the indexes of what ended, too', async () => {
    const edges = await readPlan(database, selectFans(level, { forward, backward }, 10_001, then));
    const standing = await readPlan(database, selectPastStandings(level, new Date(then)));
    for (const { index, condition, rows } of [...edges, ...standing]) {
      expect(index).toMatch(/^(relation_identity|relation_incoming|relation_pkey|relation_version_.*|item_standing|item_version_.*)$/);
      expect(condition).toMatch(/\b(from_|to_|item_)?id = /);
      expect(rows).toBeLessThanOrEqual(level.length * 12);
    }
    expect(edges.map(({ index }) => index).join()).toMatch(/relation_version_.*from.*relation_version_.*to/);
    expect(standing.map(({ index }) => index).join()).toMatch(/item_version_/);
  });
});
