import { type Api, eventually } from '../mesh/api.ts';
import { followStream } from './follow-stream.ts';
import { type EdgeHub, startHub } from './start-hub.ts';

let hub: EdgeHub;

beforeAll(async () => {
  hub = await startHub(['tickets']);
});
afterAll(() => hub.stop());

const follow = (token: string | undefined, headers: Record<string, string> = {}) => followStream(hub.url, token, headers);
const tokenOf = async (api: Api) => (await api.post<{ id: string; secret: string }>('/api/v1/tokens', { name: 'stream' })).body;
const open = (api: Api, subject: string) => api.post<{ id: string }>('/api/v1/tickets', { type: 'incident', subject });

describe('the stream', () => {
  it('shows what happens, as it happens, under the trace of what caused it', async () => {
    const { secret } = await tokenOf(hub.api);
    const stream = await follow(secret);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const made = await open(hub.api, 'live');
    const opened = await eventually(async () =>
      stream.seen.find(({ event, data }) => event.endsWith('TicketOpened') && data.data['subject'] === 'live'),
    );
    expect(opened.data).toMatchObject({ source: 'tickets', key: made.body.id, data: { ticketId: made.body.id } });
    expect(opened.data.traceparent).toContain(made.headers.get('x-trace-id'));
    await stream.close();
  });

  it('shows each reader only what they may see', async () => {
    const anna = await hub.newAccount('anna', ['requester']);
    const boris = await hub.newAccount('boris', ['requester']);
    const [annas, boriss, all] = await Promise.all([
      follow((await tokenOf(anna.api)).secret),
      follow((await tokenOf(boris.api)).secret),
      follow((await tokenOf(hub.api)).secret),
    ]);
    await open(anna.api, 'of Anna');
    await open(boris.api, 'of Boris');
    await open(hub.api, 'of nobody');
    await eventually(async () => all.subjects().length >= 3);
    await eventually(async () => boriss.subjects().length >= 1 && annas.subjects().length >= 1);
    expect([annas.subjects(), boriss.subjects()]).toEqual([['of Anna'], ['of Boris']]);
    expect(all.subjects()).toEqual(['of Anna', 'of Boris', 'of nobody']);
    await Promise.all([annas.close(), boriss.close(), all.close()]);
  });

  it('goes on after the last event that was seen, and misses none', async () => {
    const { secret } = await tokenOf(hub.api);
    const first = await follow(secret);
    await open(hub.api, 'before');
    await eventually(async () => first.subjects().includes('before'));
    const last = first.seen.at(-1)?.id ?? '';
    await first.close();
    for (const subject of ['away 1', 'away 2', 'away 3']) await open(hub.api, subject);
    const second = await follow(secret, { 'last-event-id': last });
    await eventually(async () => second.subjects().length >= 3);
    await open(hub.api, 'back');
    await eventually(async () => second.subjects().includes('back'));
    expect(second.subjects()).toEqual(['away 1', 'away 2', 'away 3', 'back']);
    await second.close();
  });

  it('ends when the token of its reader is revoked', async () => {
    const token = await tokenOf(hub.api);
    const stream = await follow(token.secret);
    expect((await hub.api.send('DELETE', `/api/v1/tokens/${token.id}`, undefined)).status).toBe(204);
    await eventually(async () => stream.hasEnded(), { within: 2_000 });
  });

  it('is for those who are signed in', async () => {
    const nobody = await follow(undefined);
    expect(nobody.response.status).toBe(401);
    await nobody.close();
  });

  it('begins now for a Last-Event-ID that somebody made up, and shows no more for it', async () => {
    const { secret } = await tokenOf((await hub.newAccount('dora', ['requester'])).api);
    const streams = await Promise.all(
      ['made up', "' or 1=1", 'tickets:0', 'tickets:999999999999999'].map((id) => follow(secret, { 'last-event-id': encodeURI(id) })),
    );
    await open(hub.api, 'not for Dora');
    const all = await follow((await tokenOf(hub.api)).secret);
    await open(hub.api, 'later');
    await eventually(async () => all.subjects().includes('later'));
    expect(streams.map((stream) => [stream.response.status, stream.subjects()])).toEqual(Array(4).fill([200, []]));
    await Promise.all([...streams, all].map((stream) => stream.close()));
    const tooLong = await follow(secret, { 'last-event-id': 'x'.repeat(2_001) });
    expect(tooLong.response.status).toBe(400);
    await tooLong.close();
  });

  it('is opened at most twenty times by one account', async () => {
    const carol = await hub.newAccount('carol', ['requester']);
    const { secret } = await tokenOf(carol.api);
    const streams = await Promise.all(Array.from({ length: 20 }, () => follow(secret)));
    const oneMore = await follow(secret);
    expect(oneMore.response.status).toBe(429);
    await Promise.all([...streams, oneMore].map((stream) => stream.close()));
  });
});
