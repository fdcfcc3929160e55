import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { createLogger } from '../../platform/log/logger.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { StreamCall } from '../../platform/rpc/call.ts';
import { aCall, openAlone } from '../../tests/cmdb/alone.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { pageTaker } from '../sources/take-page.ts';
import type { ImportState } from './import-store.ts';
import { importUseCases } from './import-use-cases.ts';
import { uploading } from './uploads.ts';
import { type ImportWork, workOnImports } from './work-on-imports.ts';

type Alone = Awaited<ReturnType<typeof openAlone>>;

let hub: Alone;
beforeAll(async () => {
  hub = await openAlone();
});
afterAll(() => hub.close());

const log = createLogger({ level: 'silent' });
const rows = 2_600;
const list = [
  'Наименование,Инв. №,Мощность',
  ...Array.from(
    { length: rows },
    (_, index) => `Насос ${index},${index % 100 === 99 ? index : index + 1},${index % 40 === 0 ? 'много' : index % 90}`,
  ),
].join('\n');

/** A process that carries imports out; with `dies`, until it does: then it reaches its records no more. Each believes that the ones before it were long ago. */
let processes = 0;
function start(dies: () => boolean = () => false): ImportWork & { isDead(): boolean } {
  const later = (processes += 1) * 60_000;
  let dead = false;
  const alive = <Result>(work: () => Promise<Result>): Promise<Result> => (dead ? Promise.reject(new Error('The process was killed.')) : work());
  const database: Database = {
    schema: hub.database.schema,
    query: (statement) => alive(() => hub.database.query(statement)),
    isInTransaction: () => false,
    commit: (changes) =>
      alive(async () => {
        await hub.database.commit(changes);
        if (!dies()) return;
        dead = true;
        throw new Error('The process was killed.');
      }),
  };
  const parts = { database, model: hub.model };
  const clock = { now: () => systemClock.now() + later };
  return { ...workOnImports({ ...parts, takePage: pageTaker(parts), newId: newUuid, clock, log }), isDead: () => dead };
}

const imports = () => importUseCases({ database: hub.database, model: hub.model, wake: () => undefined });
const find = (id: string) => imports().find(id);
async function upload(): Promise<ImportState> {
  const call = { ...aCall(hub.database), beginDecision: () => aCall(hub.database) } as StreamCall;
  async function* pieces() {
    yield { data: Buffer.from(list), class: 'pump' };
  }
  return (await uploading(hub)(pieces(), call)).state;
}
const apply = (id: string) => imports().apply(id, undefined, aCall(hub.database), (state) => state);
const untilDone = (id: string) =>
  eventually(
    () => find(id),
    ({ status }) => status === 'applied' || status === 'checked' || status === 'failed',
  );
async function startAnew(): Promise<void> {
  await hub.database.query(
    sql`truncate item, item_link, item_identifier, item_lookup, item_version, change_set, word_before, import_row, import_chunk, import`,
  );
}
const countRows = async (id: string) => {
  const [found] = await hub.database.query<{ n: number; rows: number }>(
    sql`select count(*)::int as n, count(distinct row)::int as rows from import_row r join import i on i.id = r.import_id and i.pass = r.pass where i.id = ${id}`,
  );
  return found;
};

describe('an import whose process is killed', () => {
  it('goes on exactly where it was, each page once: check and application come out as without a kill', async () => {
    const quiet = await upload();
    const undisturbed = start();
    await apply(quiet.id);
    const expected = await untilDone(quiet.id);
    await undisturbed.stop();
    expect(expected).toMatchObject({ status: 'applied', rowsDone: rows, counts: { repeated: expect.any(Number), rejected: 65 } });
    const [{ inventory } = { inventory: '' }] = await hub.database.query<{ inventory: string }>(
      sql`select md5(string_agg(name || ' ' || key || ' ' || version || ' ' || attributes::text, ',' order by key)) as inventory from item`,
    );
    await startAnew();

    const { id } = await upload();
    await imports().check(id, aCall(hub.database), () => undefined);
    for (const goal of ['checked', 'applied']) {
      if (goal === 'applied') await apply(id);
      for (let died = 0; (await find(id)).status !== goal; died += 1) {
        let commits = 0;
        const process = start(() => ++commits >= 2);
        await eventually(
          async () => process.isDead() || (await find(id)).status === goal,
          (isOver) => isOver,
        );
        await process.stop();
        if (died > 10) throw new Error('It does not get on.');
      }
      const done = await find(id);
      expect([done.counts, done.rowsDone, await countRows(id)]).toEqual([expected.counts, rows, { n: rows, rows }]);
    }
    const [again] = await hub.database.query<{ inventory: string }>(
      sql`select md5(string_agg(name || ' ' || key || ' ' || version || ' ' || attributes::text, ',' order by key)) as inventory from item`,
    );
    expect(again?.inventory).toBe(inventory);
    expect(await hub.database.query(sql`select status, counts from change_set where id = ${id}`)).toEqual([
      { status: 'done', counts: expected.counts },
    ]);
  }, 120_000);
});

describe('several at once', () => {
  beforeEach(startAnew);

  it('who apply the same import begin it once', async () => {
    const { id } = await upload();
    const asked = await Promise.all(Array.from({ length: 8 }, () => apply(id)));
    expect(new Set(asked.map(({ status, pass }) => `${status} ${pass}`))).toEqual(new Set(['applying 1']));
    const process = start();
    const done = await untilDone(id);
    await process.stop();
    expect(done).toMatchObject({ status: 'applied', rowsDone: rows });
  }, 60_000);

  it('processes that each believe that the other has died do each page once all the same', async () => {
    const { id } = await upload();
    await apply(id);
    const [one, other] = [start(), start()];
    const done = await untilDone(id);
    await Promise.all([one.stop(), other.stop()]);
    expect(await countRows(id)).toEqual({ n: rows, rows });
    expect(Object.values(done.counts).reduce((sum, count) => sum + count, 0)).toBe(rows);
    expect(await hub.database.query(sql`select distinct version from item`)).toEqual([{ version: 1 }]);
  }, 60_000);

  it('lists go on side by side, a page of each in turn', async () => {
    const [first, second] = [await upload(), await upload()];
    for (const { id } of [first, second]) await apply(id);
    const process = start();
    await Promise.all([untilDone(first.id), untilDone(second.id)]);
    await process.stop();
    const [one, two] = [await find(first.id), await find(second.id)];
    expect((one.counts['created'] ?? 0) + (two.counts['created'] ?? 0)).toBe(
      (await hub.database.query<{ n: number }>(sql`select count(*)::int as n from item`))[0]?.n,
    );
  }, 60_000);
});
