import { type EdgeHub, startHub } from '../edge/start-hub.ts';
import type { Api } from '../mesh/api.ts';

interface Draft {
  version: number;
  base: number;
  outdated: boolean;
  content: Content;
  changes: { pointer: string }[];
}
type Content = { title: { ru: string; en: string }; transitions: Record<string, Record<string, unknown>> };
interface Problem {
  detail: string;
  errors?: { pointer: string; message: string }[];
}

let hub: EdgeHub;
let api: Api;
const incident = '/api/v1/catalog/lifecycles/incident';

beforeAll(async () => {
  hub = await startHub(['tickets']);
  api = hub.api;
});
afterAll(() => hub.stop());

const at = (version: number) => ({ 'if-match': `"${version}"` });
const put = async (path: string, content: unknown, version: number) => {
  const { status, body } = await api.send('PUT', `${path}/draft`, JSON.stringify({ content }), {
    'content-type': 'application/json',
    ...at(version),
  });
  return { status, body: body as unknown as Draft };
};
async function begin(path: string, change: (content: Content) => void): Promise<Draft> {
  const { body } = await api.post<Draft>(`${path}/draft`, {});
  change(body.content);
  return (await put(path, body.content, body.version)).body;
}
const publish = (path: string, version: number, comment?: string) =>
  api.post<{ version: number; comment?: string; rolledBackTo?: number; content: Content }>(`${path}:publish`, { comment }, at(version));

describe('a definition', () => {
  it('comes with the program as version 1, for every kind of ticket and of change', async () => {
    const { body } = await api.get<{ items: { name: string; version: number; publishedBy: string }[] }>('/api/v1/catalog/lifecycles');
    expect(body.items.map(({ name, version, publishedBy }) => `${name} ${version} ${publishedBy}`)).toEqual(
      ['change', 'change-emergency', 'change-normal', 'change-standard', 'incident', 'problem', 'release', 'request', 'task'].map(
        (name) => `${name} 1 Opora`,
      ),
    );
    const paged = await api.get<{ items: unknown[]; next: string }>('/api/v1/catalog/lifecycles?limit=5');
    expect(paged.body.items).toHaveLength(5);
    expect((await api.get<{ items: unknown[] }>(`/api/v1/catalog/lifecycles?limit=5&after=${paged.body.next}`)).body.items).toHaveLength(4);
    expect((await api.get('/api/v1/catalog/spells')).status).toBe(422);
    expect((await api.get('/api/v1/catalog/lifecycles/nothing')).status).toBe(404);
  });

  it('goes from draft to check, to publication, and back, and every version stays', async () => {
    const made = await api.post<Draft>(`${incident}/draft`, {});
    expect([made.status, made.headers.get('location'), made.body.base, made.body.changes]).toEqual([201, `${incident}/draft`, 1, []]);
    expect((await api.post<Problem>(`${incident}/draft`, {})).body.detail).toMatch(/has a draft already/);

    const { content } = made.body;
    content.title.ru = 'Сбой';
    content.transitions['close'] = { ...content.transitions['close'], guards: [{ condition: 'ticket.hasAsignee', message: content.title }] };
    expect((await put(incident, content, 9)).status).toBe(412);
    const broken = await put(incident, content, 1);
    expect(broken.body.changes.map(({ pointer }) => pointer)).toEqual(['/title/ru', '/transitions/close/guards']);
    const check = await api.post<{ publishable: boolean; findings: { severity: string; pointer: string; message: { ru: string } }[] }>(
      `${incident}:check`,
      {},
    );
    expect(check.body).toMatchObject({ publishable: false, findings: [{ severity: 'error', pointer: '/transitions/close/guards/0/condition' }] });
    expect(check.body.findings[0]?.message.ru).toMatch(/hasAsignee/);
    const refused = await api.post<Problem>(`${incident}:publish`, {}, at(2));
    expect([refused.status, refused.body.errors?.[0]?.pointer]).toEqual([422, '/content/transitions/close/guards/0/condition']);

    content.transitions['close'] = { ...content.transitions['close'], guards: [{ condition: 'ticket.hasAssignee', message: content.title }] };
    const mended = await put(incident, content, 2);
    const tried = await api.post(`${incident}:try`, {});
    expect(tried.body).toEqual({ cases: 0, same: 0, differences: [] });
    const published = await publish(incident, mended.body.version, 'Закрывает только исполнитель');
    expect([published.status, published.body.version, published.body.comment]).toEqual([200, 2, 'Закрывает только исполнитель']);
    expect((await api.get(`${incident}/draft`)).status).toBe(404);
    const changes = await api.get<{ changes: { pointer: string; before?: unknown; after?: unknown }[] }>(`${incident}/versions/1/changes/2`);
    expect(changes.body.changes.map(({ pointer }) => pointer)).toEqual(['/title/ru', '/transitions/close/guards']);
    expect(changes.body.changes[0]).toEqual({ pointer: '/title/ru', before: 'Инцидент', after: 'Сбой' });

    const back = await api.post<{ version: number; rolledBackTo: number; content: Content }>(
      `${incident}:rollback`,
      { to: 1, comment: 'Рано' },
      at(2),
    );
    expect(back.body).toMatchObject({ version: 3, rolledBackTo: 1, content: { title: { ru: 'Инцидент' } } });
    const versions = await api.get<{ items: { version: number; publishedBy: string }[] }>(`${incident}/versions`);
    expect(versions.body.items.map(({ version, publishedBy }) => `${version} ${publishedBy}`)).toEqual([
      '3 Администратор',
      '2 Администратор',
      '1 Opora',
    ]);
    expect((await api.get<{ content: Content }>(`${incident}/versions/2`)).body.content.title.ru).toBe('Сбой');
  });

  it('has one winner when two publish at once, and tells the other what holds', async () => {
    const path = '/api/v1/catalog/lifecycles/task';
    const draft = await begin(path, (content) => (content.title.en = 'Work'));
    const answers = await Promise.all([publish(path, draft.version), publish(path, draft.version), publish(path, draft.version)]);
    expect(answers.map(({ status }) => status === 200).filter(Boolean)).toHaveLength(1);
    for (const { status } of answers.filter((answer) => answer.status !== 200)) expect([404, 409, 412]).toContain(status);
    expect((await api.get<{ version: number }>(path)).body.version).toBe(2);
  });

  it('refuses a draft of an older version until it is rebased, and tells where both changed the same thing', async () => {
    const path = '/api/v1/catalog/lifecycles/problem';
    const first = await begin(path, (content) => (content.title.en = 'Cause'));
    await publish(path, first.version);
    const mine = await begin(path, (content) => (content.title.ru = 'Первопричина'));
    await api.post(`${path}:rollback`, { to: 1 }, at(2));
    expect((await api.get<Draft>(`${path}/draft`)).body).toMatchObject({ base: 2, outdated: true });
    const refused = await api.post<Problem>(`${path}:publish`, {}, at(mine.version));
    expect([refused.status, refused.body.detail]).toEqual([412, expect.stringMatching(/version 3 holds/)]);
    const rebased = await api.post<Draft>(`${path}/draft:rebase`, {}, at(mine.version));
    expect(rebased.body).toMatchObject({ base: 3, outdated: false, content: { title: { ru: 'Первопричина', en: 'Problem' } } });
    expect((await publish(path, rebased.body.version)).body.version).toBe(4);

    const other = await begin(path, (content) => (content.title.ru = 'Корень'));
    await api.post(`${path}:rollback`, { to: 1 }, at(4));
    const conflict = await api.post<Problem>(`${path}/draft:rebase`, {}, at(other.version));
    expect(conflict.body.errors?.map(({ pointer }) => pointer)).toEqual(['/content/title/ru']);
  });

  it('is new when its draft is, and is for those who may manage', async () => {
    const path = '/api/v1/catalog/lifecycles/outage';
    expect((await api.post<Problem>(`${path}/draft`, {})).body.errors?.[0]?.pointer).toBe('/content');
    const { content } = (await api.get<{ content: Content }>(incident)).body;
    expect((await api.post<Draft>(`${path}/draft`, { content })).body).toMatchObject({ base: 0, version: 1 });
    expect(
      (await api.get<{ items: { name: string; version?: number; hasDraft: boolean }[] }>('/api/v1/catalog/lifecycles')).body.items,
    ).toContainEqual({
      name: 'outage',
      hasDraft: true,
    });
    expect((await api.get(path)).status).toBe(404);
    expect((await publish(path, 1)).body.version).toBe(1);
    const { api: requester } = await hub.newAccount('petr', ['requester']);
    expect((await requester.get(path)).status).toBe(403);
    expect((await requester.post(`${path}/draft`, {})).status).toBe(403);
  });
});
