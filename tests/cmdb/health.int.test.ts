import { measurePage } from '../../cmdb/health/measure-page.ts';
import { insertRun, readByClass, readBySource } from '../../cmdb/health/measure-store.ts';
import { openModels } from '../../cmdb/model/models.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type EdgeHub, startHub } from '../edge/start-hub.ts';
import type { Api } from '../mesh/api.ts';
import { eventually } from './eventually.ts';

type Figures = Record<string, number>;
interface Health {
  measuredAt?: string;
  all?: Figures;
  classes: { class: string; figures: Figures }[];
  sources: { source: string; figures: Figures }[];
  measuring?: { id: string; checked: number };
}
interface Findings {
  items: { itemId: string; name: string; missing: string[] }[];
  next?: string;
}

let hub: EdgeHub;
let api: Api;
beforeAll(async () => {
  hub = await startHub(['cmdb']);
  api = hub.api;
  await fill();
});
afterAll(() => hub.stop());

const owned = { owner: 'ЦОД', supportTeam: 'linux' };
const whole = (serialNumber: string, more: object = {}) => ({
  ...owned,
  manufacturer: 'Dell',
  model: 'R650',
  serialNumber,
  inventoryNumber: `I-${serialNumber}`,
  organisation: 'zar',
  site: 'dc',
  operatingSystem: 'Astra',
  ipAddress: '10.0.0.1',
  ...more,
});

async function say(source: string, items: { key: string; name?: string; class: string; attributes: object }[], relations: object[] = []) {
  const records = items.map((item) => ({ name: item.key, lookups: [], hosts: {}, ...item }));
  const answer = await api.post<{ items: { id: string; outcome: string }[] }>(`/api/v1/cmdb/sources/${source}/deltas`, { items: records, relations });
  expect(answer.status).toBe(200);
  return answer.body.items;
}

async function fill() {
  await say(
    'vcenter',
    [
      { key: 'fine', class: 'server', attributes: whole('SN-1') },
      { key: 'bare', class: 'server', attributes: owned },
      { key: 'nobodys', class: 'server', attributes: whole('SN-2', { owner: null }) },
      { key: 'scrap', class: 'server', attributes: whole('SN-3', { lifecycleState: 'disposed' }) },
      { key: 'old', class: 'server', attributes: whole('SN-4') },
      { key: 'changed', class: 'server', attributes: whole('SN-5') },
      { key: 'vm-on', class: 'virtual_machine', attributes: owned },
      { key: 'vm-alone', class: 'virtual_machine', attributes: owned },
    ],
    [{ type: 'runs_on', fromKey: 'vm-on', toKey: 'fine' }],
  );
  await say('vcenter', [{ key: 'changed', class: 'server', attributes: whole('SN-5', { operatingSystem: 'Astra 1.8' }) }]);
  await say('agent', [{ key: 'agent-1', name: 'fine', class: 'server', attributes: whole('SN-1') }]);
  const [asked] = await say('excel', [
    { key: 'both', class: 'server', attributes: { manufacturer: 'Dell', serialNumber: 'SN-1', inventoryNumber: 'I-SN-2' } },
  ]);
  expect(asked?.outcome).toBe('duplicate_suspected');
  await api.post('/api/v1/cmdb/items', { class: 'site', name: 'by hand', attributes: owned });
  await hub.database('cmdb').query(sql`update item_link set said_at = said_at - interval '31 days' where key = 'old'`);
}

async function measure(): Promise<Health> {
  const before = (await api.get<Health>('/api/v1/cmdb/health')).body.measuredAt;
  expect(await api.post('/api/v1/cmdb/health/measure', {})).toMatchObject({ status: 200, body: { status: 'running' } });
  return eventually(
    async () => (await api.get<Health>('/api/v1/cmdb/health')).body,
    ({ measuring, measuredAt }) => measuring === undefined && measuredAt !== before,
  );
}
const findings = async (query: string) => (await api.get<Findings>(`/api/v1/cmdb/health/findings?${query}`)).body;
const namesOf = async (query: string) => (await findings(query)).items.map(({ name }) => name).sort();

describe('the health of the inventory', () => {
  it('is not known before it is measured', async () => {
    expect((await api.get('/api/v1/cmdb/health')).body).toEqual({ classes: [], sources: [] });
  });

  it('is told all together, by class and by source, and leads to the items behind each figure', async () => {
    const { all, classes, sources } = await measure();
    expect(all).toMatchObject({ items: 9, stale: 1, orphan: 1, duplicate: 2, disposed: 1, unauthorised: 1, unowned: 1 });
    expect(classes.map(({ class: name, figures }) => [name, figures['items']])).toEqual([
      ['server', 6],
      ['site', 1],
      ['virtual_machine', 2],
    ]);
    expect(sources.map(({ source, figures }) => [source, figures['items']])).toEqual([
      ['agent', 1],
      ['manual', 1],
      ['vcenter', 8],
    ]);
    const found = await Promise.all(['stale', 'orphan', 'duplicate', 'disposed', 'unauthorised', 'unowned'].map((kind) => namesOf(`kind=${kind}`)));
    expect(found).toEqual([['old'], ['vm-alone'], ['fine', 'nobodys'], ['scrap'], ['changed'], ['nobodys']]);
    expect(await namesOf('kind=incomplete&class=hardware')).toEqual(['bare']);
    expect((await findings('kind=incomplete&class=server')).items[0]?.missing).toEqual(expect.arrayContaining(['serialNumber', 'operatingSystem']));
    expect([await namesOf('kind=duplicate&source=agent'), await namesOf('kind=duplicate&source=agent&class=place')]).toEqual([['fine'], []]);
    const byHand = (await api.get<Health>('/api/v1/cmdb/health?source=manual')).body;
    expect([byHand.all?.['items'], byHand.classes.map(({ class: name }) => name), byHand.sources.length]).toEqual([1, ['site'], 1]);
    const { all: ofHardware } = (await api.get<Health>('/api/v1/cmdb/health?class=hardware')).body;
    expect(ofHardware).toMatchObject({ items: 6, orphan: 0, unowned: 1 });
    expect(ofHardware?.['score']).toBeLessThan(100);
  });

  it('is read page by page where much is found', async () => {
    const first = await findings('kind=duplicate&limit=1');
    const second = await findings(`kind=duplicate&limit=1&after=${first.next}`);
    expect([first.items.length, second.items.length, second.next]).toEqual([1, 1, undefined]);
    expect(first.items[0]?.itemId).not.toBe(second.items[0]?.itemId);
  });

  it('gets better when people mend what was found, and is kept by day', async () => {
    const [nobodys] = (await findings('kind=unowned')).items;
    const patch = await api.send('PATCH', `/api/v1/cmdb/items/${nobodys?.itemId}`, JSON.stringify({ attributes: { owner: 'ЦОД' } }), {
      'content-type': 'application/json',
      'if-match': '"1"',
    });
    expect(patch.status).toBe(200);
    const { all, measuredAt = '' } = await measure();
    expect([all?.['unowned'], await namesOf('kind=unowned')]).toEqual([0, []]);
    const today = measuredAt.slice(0, 10);
    const { items } = (await api.get<{ items: { day: string; figures: Figures }[] }>('/api/v1/cmdb/health/history')).body;
    expect(items).toEqual([{ day: today, figures: all }]);
    expect(await api.get('/api/v1/cmdb/health/history?from=2020-01-01')).toMatchObject({ status: 422, body: { errors: [{ pointer: '/from' }] } });
  });

  it('comes to the same in pages of two, each counted once whoever is killed between them', async () => {
    const database = hub.database('cmdb');
    const models = openModels(database);
    const { all } = await measure();
    const id = newUuid();
    await database.commit({ statements: [insertRun({ id, day: '2026-01-01', startedAt: new Date() })] });
    for (let looked: number | undefined = 2; looked === 2; ) {
      const pages = await Promise.all([1, 2].map(async () => measurePage(database, id, await models.current(), Date.now(), 2)));
      looked = pages.includes(0) || pages.includes(1) ? 0 : 2;
    }
    const whichever = { classes: undefined, source: undefined };
    const classes = await readByClass(database, id, whichever);
    const sum = (name: 'items' | 'orphan' | 'duplicate' | 'stale') => classes.reduce((total, counts) => total + counts[name], 0);
    expect([sum('items'), sum('orphan'), sum('duplicate'), sum('stale')]).toEqual([
      all?.['items'],
      all?.['orphan'],
      all?.['duplicate'],
      all?.['stale'],
    ]);
    expect((await readBySource(database, id, whichever)).map(({ source, items }) => [source, items])).toContainEqual(['vcenter', 8]);
    await database.query(sql`delete from health_run where id = ${id}`);
  });
});
