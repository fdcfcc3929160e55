import { createHash } from 'node:crypto';
import pg from 'pg';
import { toClientConfig } from '../../platform/postgres/connection.ts';
import { insertEntries } from '../../services/directory/audit/audit-store.ts';
import { eventually } from '../mesh/api.ts';
import { adminPassword, adminToken, type EdgeHub, startHub } from './start-hub.ts';

interface Entry {
  seq: number;
  kind: string;
  ref: string;
  title: { ru: string; en: string };
  personName?: string;
  address?: string;
  traceId?: string;
  changes: { field: string; before?: unknown; after?: unknown }[];
  hash: string;
}

let hub: EdgeHub;
beforeAll(async () => {
  hub = await startHub([]);
});
afterAll(() => hub.stop());

const entries = async (query = ''): Promise<Entry[]> => (await hub.api.get<{ items: Entry[] }>(`/api/v1/audit?limit=500&${query}`)).body.items;
/** The entries about something, newest first, once there are so many. */
const entriesOf = (ref: string, count: number) =>
  eventually(async () => {
    const found = await entries(`ref=${ref}`);
    return found.length >= count && found;
  });
const verify = async (body: object = {}) => (await hub.api.post<{ broken?: object; entries: number }>('/api/v1/audit/verify', body)).body;

describe('the audit log', () => {
  it('tells who did what to which account, with what was before and after and the trace, and never a password', async () => {
    const { id } = await hub.newAccount('audited', ['requester'], 'a long first password');
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await hub.api.patch(`/api/v1/accounts/${id}`, { roles: ['agent'], password: 'a long second password' }, { 'if-match': '"1"', traceparent });
    const [updated, created] = await entriesOf(id, 2);
    expect(updated).toMatchObject({
      kind: 'account',
      title: { ru: 'Учётная запись audited изменена', en: 'Account audited was changed' },
      personName: 'Администратор',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      changes: [{ field: 'roles', before: ['requester'], after: ['agent'] }, { field: 'password' }],
    });
    expect(created?.changes).toContainEqual({ field: 'login', after: 'audited' });
    expect(JSON.stringify(await entries())).not.toMatch(/argon|first password|second password/);
  });

  it('tells of roles and tokens, with the rights that they give', async () => {
    await hub.api.post('/api/v1/roles', { name: 'audited', titleEn: 'A', titleRu: 'А', permissions: ['sla.read'] });
    await hub.api.patch('/api/v1/roles/audited', { rights: { permissions: ['sla.read', 'cmdb.read'], grants: [] } }, { 'if-match': '"1"' });
    expect((await entriesOf('audited', 2))[0]?.changes).toEqual([{ field: 'permissions', before: ['sla.read'], after: ['sla.read', 'cmdb.read'] }]);
    const { body } = await hub.api.post<{ id: string; secret: string }>('/api/v1/tokens', { name: 'Prometheus', scopes: ['monitoring.ingest'] });
    await hub.api.send('DELETE', `/api/v1/tokens/${body.id}`, undefined);
    expect((await entriesOf(body.id, 2)).map(({ title }) => title.en)).toEqual(['Token “Prometheus” was revoked', 'Token “Prometheus” was made']);
    expect(JSON.stringify(await entries())).not.toContain(body.secret);
  });

  it('tells of sign-ins and of those that failed, with their address, but not what was typed as a login', async () => {
    for (const [login, password] of [
      ['admin', adminPassword],
      ['admin', 'wrong'],
      ['my secret password', 'wrong'],
    ]) {
      await hub.api.as('').post('/api/v1/sessions', { login, password, address: '6.6.6.6' });
    }
    const found = await eventually(async () => {
      const all = await entries('kind=sign_in');
      return all.length >= 3 && all;
    });
    expect(found.map(({ title, address }) => [title.en, address])).toEqual([
      ['A sign-in failed:', '127.0.0.1'],
      ['A sign-in failed: admin', '127.0.0.1'],
      ['admin signed in', '127.0.0.1'],
    ]);
  });

  it('is read page by page, by kind, person and time, by those who may', async () => {
    const all = await entries();
    const first = (await hub.api.get<{ items: Entry[]; next: string }>('/api/v1/audit?limit=2')).body;
    const rest = (await hub.api.get<{ items: Entry[] }>(`/api/v1/audit?limit=500&after=${first.next}`)).body.items;
    expect([...first.items, ...rest]).toEqual(all);
    expect((await entries('kind=role')).map(({ kind }) => kind)).toEqual(['role', 'role']);
    expect(await entries('from=2099-01-01T00:00:00Z')).toEqual([]);
    const { api } = await hub.newAccount('curious', ['agent']);
    for (const path of ['/api/v1/audit', '/api/v1/audit/export']) expect((await api.get(path)).status).toBe(403);
    expect((await api.post('/api/v1/audit/verify', {})).status).toBe(403);
  });

  it('goes out as lines whose hashes anybody can work out', async () => {
    const response = await fetch(`${hub.url}/api/v1/audit/export`, { headers: { authorization: `Bearer ${adminToken}` } });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    let previous = Buffer.alloc(32);
    const lines = (await response.text()).trim().split('\n');
    for (const [index, line] of lines.entries()) {
      const entry = line.slice(line.indexOf('"entry":') + 8, -1);
      previous = createHash('sha256')
        .update(previous)
        .update(`${index + 1} ${entry}`)
        .digest();
      expect(JSON.parse(line)).toMatchObject({ seq: index + 1, hash: previous.toString('hex') });
    }
    expect(lines.length).toBeGreaterThan(5);
  });

  it.each([
    'update directory_sealed.audit_entry set content = content',
    'delete from directory_sealed.audit_entry',
    'truncate directory_sealed.audit_entry',
    'drop table directory_sealed.audit_entry',
    'drop schema directory_sealed cascade',
    'alter table directory_sealed.audit_entry disable trigger all',
    'drop trigger tie on directory_sealed.audit_entry',
    'create or replace function directory_sealed.tie_audit_entry() returns trigger language plpgsql as $$ begin return new; end $$',
    'set role opora_directory_keeper',
    'grant opora_directory_keeper to opora_directory',
  ])('refuses its own service: %s', async (statement) => {
    const client = await hub.database('directory').openClient();
    await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
    await client.end();
  });
});

describe('a log that somebody changed past the service', () => {
  let admin: pg.Client;
  afterAll(() => admin?.end());
  const entry = (id: number) => ({
    id: `0197f0c4-1c2d-7a3b-9e4f-${String(id).padStart(12, '0')}`,
    at: '2026-01-15T08:21:33.500Z',
    kind: 'role',
    ref: 'x\0\ud800',
    source: 'test',
    type: 'test.Changed',
    title: { ru: 'а', en: 'a' },
  });

  it('has no gap and no fork when many append at once, and none of them waits in vain', async () => {
    const database = hub.database('directory');
    await Promise.all(
      Array.from({ length: 40 }, (_, turn) => database.commit({ statements: [insertEntries([entry(2 * turn), entry(2 * turn + 1)])] })),
    );
    await database.commit({ statements: [insertEntries([entry(0), entry(1)])] });
    expect(await verify()).toMatchObject({ intact: true });
    expect((await entries('kind=role&source=test')).length).toBe(80);
  });

  it('is found out, link by link', async () => {
    const { last } = (await verify()) as { last?: { seq: number; hash: string } };
    if (!last) throw new Error('The log is empty.');
    admin = new pg.Client(toClientConfig(hub.database('directory').admin, 'public'));
    await admin.connect();
    const tamper = async (statement: string) => {
      await admin.query(`begin; set local session_replication_role = replica; ${statement}`);
      await admin.query('commit');
      return (await verify({ known: last })).broken;
    };
    const table = 'directory_sealed.audit_entry';
    await admin.query(`create table copy as select seq, content, previous, hash from ${table}`);
    const mend = `delete from ${table}; insert into ${table} (seq, content, previous, hash) select * from copy`;
    expect(await tamper(`update ${table} set content = replace(content, '"kind":', '"kind" :') where seq = 5`)).toEqual({
      seq: 5,
      reason: 'changed',
    });
    expect(await tamper(`update ${table} set hash = sha256(previous || convert_to(seq || ' ' || content, 'UTF8')) where seq = 5`)).toEqual({
      seq: 6,
      reason: 'untied',
    });
    expect(await tamper(mend)).toBeUndefined();
    expect(await tamper(`delete from ${table} where seq = 3`)).toEqual({ seq: 3, reason: 'missing' });
    expect(await tamper(`${mend}; delete from ${table} where seq = ${last.seq}`)).toEqual({ seq: last.seq, reason: 'missing' });
  });
});
