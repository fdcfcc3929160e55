import { newUuid } from '../../platform/clock/clock.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { relationTypes as types } from '../../tests/cmdb/random-graphs.ts';
import { readPlan } from '../../tests/cmdb/read-plan.ts';
import { countFirstEdges, selectEdgesBetween, selectFirstEdges } from '../graph/select-first-edges.ts';
import { cmdb } from '../service.ts';
import { selectRelationChanges } from './read-failure-net.ts';
import { selectHops } from './read-hops.ts';

let database: TestDatabase;
const hub = newUuid();
const crowd = Array.from({ length: 300 }, () => newUuid());
const others = [hub, ...crowd];
const then = Date.now() - 1_000;

/** A hub that has 20 000 relations each way and as many that ended, and 300 items with 40 among each other. */
beforeAll(async () => {
  database = await openTestDatabase(cmdb);
  const insert = (from: Statement, to: Statement, count: number) =>
    database.query(sql`insert into relation (id, type, from_id, to_id, source, state, version, created_at, updated_at)
      select gen_random_uuid(), (${types}::text[])[1 + n % ${types.length}], ${from}, ${to}, 'test', 'active', 2, '2026-01-01Z', '2026-01-01Z'
      from generate_series(1, ${count}::int) n on conflict do nothing`);
  await insert(sql`${hub}::uuid`, sql`gen_random_uuid()`, 20_000);
  await insert(sql`gen_random_uuid()`, sql`${hub}::uuid`, 20_000);
  await insert(sql`(${others}::uuid[])[1 + n % 301]`, sql`(${others}::uuid[])[1 + (n * 7) % 299]`, 12_000);
  await database.query(sql`insert into relation_version (relation_id, version, valid_from, valid_to, from_id, to_id, source, state, actor_id, actor_name, unauthorised)
    select id, 1, '2025-01-01Z', now(), from_id, to_id, 'test', 'active', '', '', false from relation`);
  await database.query(sql`analyze relation, relation_version`);
});
afterAll(() => database.close());

const indexes = /^(relation_identity|relation_incoming|relation_pkey|relation_version_.*)$/;

async function expectIndexes(statement: Statement, most: number): Promise<void> {
  const reads = (await readPlan(database, statement)).filter(({ rows }) => rows > 0);
  expect(reads.length).toBeGreaterThan(0);
  for (const { index, condition, rows } of reads) {
    expect([index, condition]).toEqual([expect.stringMatching(indexes), expect.stringMatching(/\b(from_|to_|relation_)?id = /)]);
    expect(rows).toBeLessThanOrEqual(most);
  }
}

describe.each([
  ['now', undefined],
  ['at a moment', then],
])('a question about the graph %s', (_, at) => {
  it.each(['out', 'in'] as const)('reads all hops %s by the indexes of relations', async (direction) => {
    await expectIndexes(selectHops(crowd, { direction, types, at }, 5_000), 26_000);
  });

  it.each(['out', 'in'] as const)('reads of a hub %s no more than it was told to', async (way) => {
    await expectIndexes(selectFirstEdges([hub], { way, types, most: 50, at }), 51);
    await expectIndexes(selectFirstEdges([hub], { way, types, most: 20, ofEachType: true, at }), 20 * types.length + 1);
    await expectIndexes(countFirstEdges([hub], { way, types, most: 100, ofEachType: true, at }), 100 * types.length + 1);
  });

  it('finds relations between hubs by their identity', async () => {
    await expectIndexes(selectEdgesBetween([hub, ...crowd.slice(0, 5)], [hub, ...crowd.slice(0, 5)], types, at), 36 * types.length);
  });
});

it('looks for changes of relations of a hub no further than it was told to', async () => {
  await database.query(sql`insert into item (id, source, key, class, name, attributes, lookups, state, version, created_at, updated_at)
    values (${hub}, 'test', 'hub', 'server', 'hub', '{}', '{}', 'active', 1, '2025-01-01Z', '2025-01-01Z')`);
  const statement = selectRelationChanges([hub], new Date(then - 3_600_000), new Date(then));
  const reads = (await readPlan(database, statement)).filter(({ index }) => index !== 'item_pkey');
  for (const { index, rows } of reads) expect([index, rows <= 200]).toEqual([expect.stringMatching(indexes), true]);
  expect(reads.length).toBeGreaterThan(3);
});
