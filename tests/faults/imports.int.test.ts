import { eventually } from '../mesh/api.ts';
import { type EmbeddedHub, startEmbeddedHub } from '../mesh/start-embedded.ts';

interface Import {
  id: string;
  status: string;
  rowsDone: number;
  counts: Record<string, number>;
}

const rows = 1_400;
const list = ['Наименование;Инв. №;Мощность, кВт', ...Array.from({ length: rows }, (_, index) => `Насос ${index};К-${index};${index % 90}`)].join(
  '\n',
);

describe('a hub that is killed by SIGKILL in the middle of an import', () => {
  let hub: EmbeddedHub;
  beforeAll(async () => {
    hub = await startEmbeddedHub();
  }, 90_000);
  afterAll(() => hub?.remove(), 30_000);

  const read = async (id: string) => (await hub.api.get<Import>(`/api/v1/cmdb/imports/${id}`)).body;

  it('goes on where it was: two who applied it at once see it applied once, and each row was taken in once', async () => {
    const { body } = await hub.api.send('POST', '/api/v1/cmdb/imports?class=pump&fileName=pumps.csv', list, {});
    const id = String(body['id']);
    await eventually(async () => (await read(id)).status === 'checked', { within: 60_000 });
    expect((await read(id)).counts).toEqual({ created: rows });

    await hub.stop();
    await hub.start({ OPORA_CRASH_AT: 'import.after-page:2' });
    const { api } = hub;
    const apply = () => api.post<Import>(`/api/v1/cmdb/imports/${id}/apply`, { wait: 0 }).catch(() => undefined);
    await Promise.all([apply(), apply()]);
    expect(await hub.ended()).toBe('SIGKILL');
    expect(hub.output()).toContain('crash point import.after-page');
    await hub.start();
    const applied = await eventually(
      async () => {
        const now = await read(id);
        return now.status === 'applied' && now;
      },
      { within: 60_000 },
    );
    expect(applied).toMatchObject({ rowsDone: rows, counts: { created: rows } });
    expect((await hub.api.get(`/api/v1/cmdb/change-sets/${id}`)).body).toMatchObject({ status: 'done', counts: { created: rows } });

    const versions = new Set<number>();
    let found = 0;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: { body: { items: { version: number }[]; next?: string } } = await hub.api.get(
        `/api/v1/cmdb/items?class=pump&limit=500${after === '' ? '' : `&after=${after}`}`,
      );
      for (const { version } of page.body.items) versions.add(version);
      found += page.body.items.length;
      after = page.body.next;
    }
    expect([found, versions]).toEqual([rows, new Set([1])]);
  }, 180_000);
});
