import { readFile } from 'node:fs/promises';
import neo4j, { type Driver } from 'neo4j-driver';
import { type ConsoleSpace, consoleMethods } from '../../cmdb/console/query-graph.ts';
import { newItem } from '../../cmdb/domain/item.ts';
import { relate } from '../../cmdb/domain/relation.ts';
import { rebuildGraph } from '../../cmdb/graph/rebuild-graph.ts';
import type { ChooseSpace } from '../../cmdb/graph/replicas.ts';
import { type Models, openModels } from '../../cmdb/model/models.ts';
import { seedModel } from '../../cmdb/model/seed-model.ts';
import { cmdb } from '../../cmdb/service.ts';
import { writeItems } from '../../cmdb/storage/item-store.ts';
import { writeRelations } from '../../cmdb/storage/relation-store.ts';
import { GraphConsoleService, type QueryGraphRequest } from '../../generated/opora/cmdb/v1/console.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { Client, Principal } from '../../platform/rpc/call.ts';
import { createClient } from '../../platform/rpc/client.ts';
import { createInProcessTransport } from '../../platform/rpc/in-process.ts';
import { bindMethods } from '../../platform/rpc/server.ts';
import { serve } from '../../platform/service/define-service.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { buildEnterprise } from '../../services/demo/domain/enterprise.ts';
import { seededRandom } from '../../services/demo/domain/random.ts';
import { describeWithNeo4j } from '../engines/describe-with.ts';

const label = 'ConsoleItem';
const contract = loadContract();
const author = { actorId: 'ivan', actorName: 'Иван' };
const engineer: Principal = { kind: 'account', id: 'olga', name: 'Ольга', permissions: ['cmdb.read', 'cmdb.console'] };

describeWithNeo4j('the graph console', (engine) => {
  let driver: Driver;
  let database: TestDatabase;
  let models: Models;
  let space: ConsoleSpace;
  let logged = '';
  let console: Client<GraphConsoleService>;

  /** The console over these projections. */
  async function open(choose: ChooseSpace<ConsoleSpace> | undefined): Promise<Client<GraphConsoleService>> {
    const served = [serve(GraphConsoleService, consoleMethods({ model: models.current, choose }))];
    const transport = createInProcessTransport();
    const log = createLogger({ level: 'info', stream: { write: (line) => void (logged += line) } });
    const bound = bindMethods({ served, contract, database, clock: systemClock, newId: newUuid, log, metrics: createMetrics() });
    for (const [name, methods] of Object.entries(bound)) await transport.serve(name, methods);
    return createClient(GraphConsoleService, { contract, transport });
  }

  const as = (principal: Principal) => ({ deadline: Date.now() + 20_000, principal });
  async function ask(query: string, more: Partial<QueryGraphRequest> = {}) {
    const { rows, ...table } = await console.queryGraph({ query: query.replaceAll(':Item', `:${label}`), ...more }, as(engineer));
    return { ...table, rows: JSON.parse(rows) as Record<string, unknown>[] };
  }
  const refusalOf = async (query: string, more: Partial<QueryGraphRequest> = {}) => {
    const error = await ask(query, more).then(
      () => undefined,
      (refused: { kind: string; violations: { pointer: string; message: string }[] }) => refused,
    );
    return error && { kind: error.kind, ...error.violations[0] };
  };

  beforeAll(async () => {
    const connect = () => neo4j.driver(engine.url, neo4j.auth.basic(engine.user, engine.password), { disableLosslessIntegers: true });
    driver = connect();
    database = await openTestDatabase(cmdb);
    await seedModel({ database, newId: newUuid, now: 1_000, log: createLogger({ level: 'error' }) });
    models = openModels(database);
    space = { driver, label, connect };

    const { items, relations } = buildEnterprise(seededRandom(7_041_961), Date.UTC(2026, 0, 15));
    const ids = new Map(items.map(({ key }) => [key, newUuid()]));
    const after = items.map(({ key, class: itemClass, name }) => ({
      after: newItem({ id: ids.get(key) ?? '', source: 'demo', key }, { class: itemClass, name }, 1_000),
    }));
    await database.commit({ statements: writeItems(after, author, { classes: new Map(), sensitive: new Set() }) });
    const made = relations.flatMap(
      ({ type, from, to }) =>
        relate(undefined, { id: newUuid(), type, fromId: ids.get(from) ?? '', toId: ids.get(to) ?? '', source: 'demo' }, 1_000) ?? [],
    );
    await database.commit({ statements: writeRelations(made, author) });
    await rebuildGraph({ space, database, models });
    console = await open(() => ({ space }));
  }, 120_000);
  afterAll(async () => {
    await driver.executeQuery(`match (n) where n:${label} or (n:Projection and n.of = $label) detach delete n`, { label });
    await driver.close();
    await database.close();
  });

  it('answers every example of the page of examples', async () => {
    const page = await readFile('docs/cypher-examples.md', 'utf8');
    const examples = [...page.matchAll(/^(.+)\n\n```cypher\n([\s\S]+?)```/gm)].map(([, title = '', query = '']) => ({ title, query }));
    expect(examples.length).toBeGreaterThanOrEqual(8);
    const empty: string[] = [];
    for (const { title, query } of examples) {
      const { rows } = await ask(query, { limit: 1_000 });
      if (rows.length === 0) empty.push(title);
    }
    expect(empty).toEqual([]);
  });

  it('gives nodes, relationships, paths, lists, moments and numbers that JSON has not as plain JSON', async () => {
    const { columns, rows } = await ask(`MATCH way = (vm:Item {name: 'billing-app-1'})-[on:RUNS_ON]->(host:Item)
      RETURN vm, on, way, [vm.name, 1, 2.5] AS list, {a: {b: true}} AS map, date('2026-01-15') AS day, duration('P1DT2H') AS time, 0.0 / 0 AS nothing, null AS absent`);
    expect(columns).toEqual(['vm', 'on', 'way', 'list', 'map', 'day', 'time', 'nothing', 'absent']);
    const vm = { labels: [label], properties: expect.objectContaining({ name: 'billing-app-1', class: 'virtual_machine', version: 1 }) };
    const on = { type: 'RUNS_ON', properties: { id: expect.any(String), version: 1 } };
    expect(rows).toEqual([
      {
        vm,
        on,
        way: { nodes: [vm, expect.objectContaining({ labels: [label] })], relationships: [on] },
        list: ['billing-app-1', 1, 2.5],
        map: { a: { b: true } },
        day: '2026-01-15',
        time: 'P1DT2H',
        nothing: 'NaN',
        absent: null,
      },
    ]);
  });

  it('takes parameters, whole numbers as integers', async () => {
    const query = 'MATCH (item:Item {class: $where.class}) RETURN item.name AS name ORDER BY name LIMIT $most';
    const { rows } = await ask(query, { parameters: JSON.stringify({ where: { class: 'storage' }, most: 1 }) });
    expect(rows).toEqual([{ name: 'dc-san-1' }]);
    expect(await refusalOf(query)).toMatchObject({ kind: 'invalid_input', pointer: '/parameters', message: expect.stringContaining('where') });
    expect(await refusalOf(query, { parameters: '[1]' })).toMatchObject({ pointer: '/parameters', message: expect.stringContaining('object') });
  });

  it('gives a hundred rows, or as many as are asked for, and says when there are more', async () => {
    const all = 'MATCH (item:Item) RETURN item.id AS id';
    expect(await ask(all)).toMatchObject({ truncated: true, rows: { length: 100 } });
    expect(await ask(all, { limit: 1_000 })).toMatchObject({ truncated: true, rows: { length: 1_000 } });
    expect(await ask(`${all} LIMIT 100`)).toMatchObject({ truncated: false, rows: { length: 100 } });
    await expect(ask(all, { limit: 1_001 })).rejects.toMatchObject({ kind: 'invalid_input', violations: [{ pointer: '/limit' }] });
    const large = await ask("UNWIND range(1, 1000) AS x RETURN reduce(text = 'x', y IN range(1, 12) | text + text) AS text", { limit: 1_000 });
    expect(large.truncated).toBe(true);
    expect(large.rows.length).toBeLessThan(600);
  });

  it.each([
    ['writes', 'CREATE (n:Item {id: 1})', 'writes'],
    ['writes in a subquery', 'MATCH (item:Item) CALL (item) { CREATE (other:Item) RETURN other } RETURN other', 'writes'],
    ['writes in a loop', 'FOREACH (x IN [1] | CREATE (:Item))', 'writes'],
    ['deletes', 'MATCH (item:Item) DETACH DELETE item', 'writes'],
    ['loads a file from an address', "LOAD CSV FROM 'http://127.0.0.1:1/secret' AS line RETURN line", 'LOAD CSV'],
    ['loads a file in a subquery', "CALL () { LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line } RETURN line", 'LOAD CSV'],
    ['calls a procedure of the server', 'CALL dbms.components()', 'calls a procedure'],
    ['calls a procedure that reads', 'CALL db.labels() YIELD label RETURN label', 'calls a procedure'],
    ['opens transactions of its own', 'MATCH (item:Item) CALL (item) { RETURN 1 AS x } IN TRANSACTIONS RETURN x', 'IN TRANSACTIONS'],
    ['changes the schema', 'CREATE INDEX stolen FOR (n:Item) ON (n.name)', 'writes'],
    ['lists transactions', 'SHOW TRANSACTIONS', 'about the server'],
    ['ends transactions', "TERMINATE TRANSACTIONS 'neo4j-transaction-1'", 'about the server'],
    ['lists users', 'SHOW USERS', 'administers'],
    ['changes a password', "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'bcdefghijk'", 'administers'],
    ['is two statements', 'MATCH (a) RETURN a; MATCH (b) DETACH DELETE b', 'one statement'],
    ['goes to the database of the system', 'USE system MATCH (n) RETURN n', 'unsupported'],
    ['hides behind a profile', 'PROFILE CREATE (n:Item) RETURN n', 'conflicting'],
  ])('refuses what %s, and changes nothing', async (_, query, reason) => {
    const count = async () => (await ask('MATCH (n:Item) RETURN count(n) AS n')).rows;
    const before = await count();
    expect(await refusalOf(query)).toMatchObject({ kind: 'invalid_input', pointer: '/query', message: expect.stringContaining(reason) });
    expect(await count()).toEqual(before);
  });

  it('tells where a mistake is', async () => {
    expect(await refusalOf('MATCH (item:Item)\nRETUN item')).toMatchObject({
      kind: 'invalid_input',
      message: expect.stringMatching(/^line 2, column 1: Invalid input 'RETUN'/),
    });
    expect(await refusalOf('RETURN 1 / 0 AS x')).toMatchObject({ kind: 'invalid_input', message: expect.stringContaining('by zero') });
  });

  it.each([
    [
      'a product without end',
      'MATCH (a:Item), (b:Item), (c:Item), (d:Item) WHERE a.name + b.name + c.name = d.name RETURN count(*) AS n',
      /longer than 5 s/,
    ],
    ['a list that needs all of the memory', 'UNWIND range(1, 1000000000) AS number RETURN collect(number) AS numbers', /more memory|longer than/],
    ['a row without end', 'RETURN range(1, 1000000000) AS numbers', /too large|longer than/],
  ])(
    'cuts off %s and goes on',
    async (_, query, reason) => {
      const before = process.memoryUsage().rss;
      const began = Date.now();
      expect(await refusalOf(query)).toMatchObject({ kind: 'invalid_input', message: expect.stringMatching(reason) });
      expect(Date.now() - began).toBeLessThan(12_000);
      expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000);
      expect((await ask('RETURN 1 AS one')).rows).toEqual([{ one: 1 }]);
    },
    40_000,
  );

  it('is only for those who have cmdb.console and may read every item', async () => {
    const query = { query: 'RETURN 1 AS one' };
    const some: Principal = { ...engineer, permissions: ['cmdb.console'], grants: [{ permission: 'cmdb.read', where: { class: ['server'] } }] };
    for (const principal of [some, { ...engineer, permissions: ['cmdb.console'] }, { ...engineer, permissions: ['cmdb.read', 'cmdb.manage'] }])
      await expect(console.queryGraph(query, as(principal))).rejects.toMatchObject({ kind: 'not_allowed' });
    await expect(console.queryGraph(query, as({ ...engineer, permissions: ['*'] }))).resolves.toMatchObject({ servedBy: 'neo4j' });
  });

  it('logs each query with who asked it and how long it took, refused ones too', async () => {
    logged = '';
    await ask("RETURN 'told' AS x");
    await refusalOf('CREATE (n:Item)');
    const lines = logged
      .split('\n')
      .filter((line) => line.includes('a query of the graph console'))
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      expect.objectContaining({
        accountId: 'olga',
        by: 'Ольга',
        query: "RETURN 'told' AS x",
        rows: 1,
        milliseconds: expect.any(Number),
        server: 'neo4j',
      }),
      expect.objectContaining({ accountId: 'olga', query: `CREATE (n:${label})`, refused: expect.stringContaining('writes') }),
    ]);
  });

  it('says what is needed where there is no Neo4j, and when no projection is fresh', async () => {
    const nowhere = await open(undefined);
    await expect(nowhere.queryGraph({ query: 'RETURN 1' }, as(engineer))).rejects.toMatchObject({
      kind: 'illegal_state',
      message: expect.stringContaining('OPORA_NEO4J_URL'),
    });
    const stale = await open(() => ({ note: 'The projection is behind.' }));
    await expect(stale.queryGraph({ query: 'RETURN 1' }, as(engineer))).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('is behind'),
    });
  });
});
