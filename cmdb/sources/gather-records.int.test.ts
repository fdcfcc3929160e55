import { sql } from '../../platform/postgres/sql.ts';
import { currentTraceId, inSpan, startTracing } from '../../platform/telemetry/tracing.ts';
import { mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';

let hub: OpenCmdb;
let tracing: { stop(): Promise<void> };
beforeAll(async () => {
  tracing = await startTracing({ serviceName: 'test', exported: false });
  hub = await openCmdb();
});
afterAll(async () => {
  await hub.close();
  await tracing.stop();
});

const some = Array.from({ length: 24 }, (_, index) => index);

async function upsert(source: string, key: string, more: { attributes?: object; idempotencyKey?: string; actor?: string } = {}) {
  const { attributes = {}, idempotencyKey, actor = 'ivan' } = more;
  const items = [{ key, class: 'server', name: key, attributes: JSON.stringify(attributes), lookups: [] }];
  const principal = { ...mine().principal, id: actor, name: actor };
  const { outcomes } = await hub.cmdb.upsertItems(
    { source, items },
    { ...mine(), principal, ...(idempotencyKey !== undefined && { idempotencyKey }) },
  );
  return outcomes[0];
}

const readItems = (source: string) =>
  hub.database.query<{ id: string; key: string; version: number; trace: string; actor: string; written: string }>(
    sql`select id, key, version, trace_id as trace, actor_id as actor, xmin::text as written from item where source = ${source} order by key`,
  );

describe('single upserts that come at once', () => {
  it('are written a few pages together, and each caller hears of his own item', async () => {
    const outcomes = await Promise.all(some.map((index) => upsert('many', `many-${index}`)));
    const items = await readItems('many');
    const idOf = new Map(items.map(({ key, id }) => [key, id]));
    expect(outcomes).toEqual(some.map((index) => ({ id: idOf.get(`many-${index}`), outcome: 'created', version: 1 })));
    expect(new Set(items.map(({ written }) => written)).size).toBeLessThan(some.length / 2);
  });

  it('keep the trace of each, in the item and in its event, and who said it', async () => {
    const traces = await Promise.all(
      some.map((index) =>
        inSpan('test', {}, async () => {
          await upsert('traced', `traced-${index}`, { actor: index % 2 ? 'anna' : 'ivan' });
          return { key: `traced-${index}`, trace: currentTraceId(), actor: index % 2 ? 'anna' : 'ivan' };
        }),
      ),
    );
    const items = await readItems('traced');
    const byKey = <One extends { key: string }>(all: readonly One[]) => [...all].sort((one, other) => (one.key < other.key ? -1 : 1));
    expect(items.map(({ key, trace, actor }) => ({ key, trace, actor }))).toEqual(byKey(traces));
    const events = await hub.database.query<{ key: string; trace: string }>(sql`select data ->> 'key' as key, split_part(traceparent, '-', 2) as trace
      from (select data, traceparent from outbox union all select data, traceparent from bus_log) e where data ->> 'source' = 'traced'`);
    expect(byKey(events)).toEqual(byKey(traces).map(({ key, trace }) => ({ key, trace })));
  });

  it('of one key are settled one after the other', async () => {
    const outcomes = await Promise.all(some.map((index) => upsert('same', 'same', { attributes: { memoryGb: index + 1 } })));
    expect(outcomes.map((one) => one?.outcome).sort()).toEqual(['created', ...some.slice(1).map(() => 'updated')]);
    expect(new Set(outcomes.map((one) => one?.version)).size).toBe(some.length);
    expect((await readItems('same')).map(({ version }) => version)).toEqual([some.length]);
  });

  it('of things told by one serial number, under different keys, come to what they come to one after the other', async () => {
    const box = { serialNumber: 'SN-TWINS', manufacturer: 'Dell' };
    await Promise.all([upsert('twins', 'twin-1', { attributes: box }), upsert('twins', 'twin-2', { attributes: box })]);
    const together = (await readItems('twins')).length;
    const other = { ...box, serialNumber: 'SN-OTHERS' };
    await upsert('others', 'other-1', { attributes: other });
    await upsert('others', 'other-2', { attributes: other });
    expect(together).toBe((await readItems('others')).length);
  });

  it('give each idempotency key its first answer again, and refuse one that was used for another request without harm to the others', async () => {
    const [first] = await Promise.all(some.map((index) => upsert('keyed', `keyed-${index}`, { idempotencyKey: `key-${index}` })));
    const again = await Promise.allSettled(
      some.map((index) =>
        index === 1
          ? upsert('keyed', 'keyed-other', { idempotencyKey: 'key-1' })
          : upsert('keyed', index === 0 ? 'keyed-0' : `keyed-new-${index}`, { idempotencyKey: index === 0 ? 'key-0' : `new-${index}` }),
      ),
    );
    expect(again[0]).toEqual({ status: 'fulfilled', value: first });
    expect(again[1]).toMatchObject({ status: 'rejected', reason: { kind: 'invalid_input' } });
    expect(again.slice(2).map((one) => one.status === 'fulfilled' && one.value?.outcome)).toEqual(some.slice(2).map(() => 'created'));
  });
});
