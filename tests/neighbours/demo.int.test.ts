import { checkItem } from '../../cmdb/domain/model/check-item.ts';
import { compileModel } from '../../cmdb/domain/model/compile-model.ts';
import { readPacks } from '../../cmdb/model/read-packs.ts';
import { cmdb } from '../../cmdb/service.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { embeddedEngines } from '../../platform/engines/embedded.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabases, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { runServices } from '../../platform/service/run-services.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { catalog } from '../../services/catalog/service.ts';
import { demo } from '../../services/demo/service.ts';
import { directory } from '../../services/directory/service.ts';
import { monitoring } from '../../services/monitoring/service.ts';
import { tickets } from '../../services/tickets/service.ts';
import { eventually } from '../cmdb/eventually.ts';

const services = [directory, catalog, tickets, cmdb, monitoring, demo];

describe('the demo enterprise', () => {
  let databases: TestDatabase[];
  beforeAll(async () => {
    databases = await openTestDatabases(services);
  });
  afterAll(async () => {
    for (const database of databases.reverse()) await database.close();
  });
  const of = (name: string) => {
    const database = databases.find(({ schema }) => schema === name);
    if (!database) throw new Error(`There is no schema ${name}.`);
    return database;
  };
  const count = async (schema: string, table: string) => {
    const [row] = await of(schema).query<{ n: number }>({ strings: [`select count(*)::int as n from ${table}`], values: [] });
    return row?.n;
  };
  const counts = async () => ({
    people: await count('directory', 'person'),
    absences: await count('directory', 'absence'),
    items: await count('cmdb', 'item'),
    tickets: await count('tickets', 'ticket'),
    // What is computed of a ticket comes in its own time, and is no step that was taken.
    steps: await count('tickets', "history where action <> 'impact_computed'"),
    alerts: await count('monitoring', 'alert'),
  });

  /** Runs the services until the demo says that it is loaded, and what its alerts raise is raised. */
  async function load(): Promise<void> {
    const database = databases[0]?.admin;
    if (!database) throw new Error('There is no database.');
    const log = createLogger({ level: 'error' });
    const engines = await embeddedEngines({ dataDir: '', database, clock: systemClock, newId: newUuid, log });
    const configs = { directory: { OPORA_LOCALE: 'ru' }, catalog: {}, tickets: {}, cmdb: {}, monitoring: {}, demo: {} };
    let loaded: () => void;
    const done = new Promise<void>((resolve) => {
      loaded = resolve;
    });
    const announce = (text: string) => {
      if (text === 'demo: loaded') loaded();
    };
    const hub = await runServices({ services, engines, contract: loadContract(), configs, log, metrics: createMetrics(), announce });
    await done;
    // An alert that still burns is decided on; those that are over raise nothing.
    await eventually(
      () => of('monitoring').query(sql`select 1 from alert where status = 'open' and id not in (select alert_id from decision)`),
      (undecided) => undecided.length === 0,
    );
    await hub.stop();
  }

  it('arrives through the use cases of its neighbours, and a load that begins again doubles nothing', async () => {
    await load();
    const first = await counts();
    expect(first).toMatchObject({ items: 1629, tickets: expect.any(Number), alerts: 160 });
    expect(first.tickets).toBeGreaterThanOrEqual(420);
    expect(first.people).toBeGreaterThan(380);
    const holders = await of('directory').query(sql`select 1 from account a join person p on p.id = a.person_id`);
    expect(holders).toHaveLength(12);
    const model = compileModel(await readPacks());
    const items = await of('cmdb').query<{ name: string; class: string; attributes: Record<string, unknown> }>(
      sql`select name, class, attributes from item`,
    );
    expect(items.filter((item) => checkItem(model, item).unknown.length > 0)).toEqual([]);
    const oldest = await of('tickets').query<{ days: number }>(sql`select extract(day from now() - min(created_at))::int as days from ticket`);
    expect(oldest[0]?.days).toBeGreaterThanOrEqual(20);

    await of('demo').query(sql`delete from step`);
    await load();
    expect(await counts()).toEqual(first);
  }, 180_000);

  it('has a year behind it: changes in every month, sources that disagree, and questions for people', async () => {
    const database = of('cmdb');
    const months = await database.query(sql`select distinct date_trunc('month', valid_to) from item_version`);
    expect(months.length).toBeGreaterThanOrEqual(12);
    const actors = await database.query<{ name: string }>(sql`select actor_name as name from item_version union select actor_name from item`);
    expect(actors.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['1С: основные средства', 'vCenter', 'Агент инвентаризации', 'Реестр оборудования', 'Татьяна Белова, менеджер услуг']),
    );
    const disagreeing = await database.query(sql`select one.item_id from item_link one join item_link other
      on other.item_id = one.item_id and one.source = 'agent' and other.source = 'demo'
      where one.said -> 'attributes' ->> 'memoryGb' <> other.said -> 'attributes' ->> 'memoryGb'`);
    expect(disagreeing.length).toBeGreaterThan(5);
    const named = await database.query(sql`select one.item_id from item_link one join item_link other
      on other.item_id = one.item_id and one.source = '1c' and other.source = 'demo' where one.said ->> 'name' <> other.said ->> 'name'`);
    expect(named.length).toBeGreaterThan(20);
    const questions = await database.query(sql`select 1 from duplicate where status = 'open'`);
    expect(questions.length).toBeGreaterThanOrEqual(5);
    const [register] = await database.query<{ status: string; counts: object }>(sql`select status, counts from source_run where source = 'demo'`);
    expect(register).toEqual({
      status: 'done',
      counts: { 'items.unchanged': expect.any(Number), 'relations.unchanged': expect.any(Number), 'relations.waiting': 0 },
    });
    const [retired] = await database.query<{ n: number }>(sql`select count(*)::int as n from item where state = 'retired'`);
    expect(retired?.n).toBeGreaterThanOrEqual(8);
  });

  it('is not wanted again once somebody has chosen to have none', async () => {
    await of('demo').query(sql`delete from step`);
    await of('demo').query(sql`update choice set demo = 'none'`);
    const { chooseDemo } = await import('../../services/demo/progress.ts');
    expect(await chooseDemo(of('demo'), undefined, 1)).toMatchObject({ demo: 'none' });
    expect(await chooseDemo(of('demo'), 'none', 2)).toMatchObject({ demo: 'none' });
    expect(await chooseDemo(of('demo'), 'water', 3)).toEqual({ demo: 'water', at: 3 });
  });
});
