import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from '../../platform/postgres/folder-lock.ts';
import { describeFinding } from './doctor.ts';
import { checkFolder, checkNode, checkPort, checkTime, judgeDisk } from './doctor-checks.ts';

describe('the doctor', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'opora-doctor-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['v20.19.0', 'good'],
    ['v24.1.0', 'good'],
    ['v20.18.3', 'bad'],
    ['v18.20.0', 'bad'],
  ])('finds Node.js %s %s', (version, state) => {
    expect(checkNode(version).state).toBe(state);
  });

  it('says that a folder which is not there yet will be made', async () => {
    expect(await checkFolder(join(folder, 'new', 'data'))).toEqual([{ state: 'good', what: `Data folder ${folder}/new/data: will be made` }]);
  });

  it('does not take a file for a folder', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await checkFolder(join(folder, 'file'))).toMatchObject([{ state: 'bad', wayOut: 'Name another one with OPORA_DATA.' }]);
  });

  it('tells whether a hub works in the folder, without taking it', async () => {
    expect(await checkFolder(folder)).toMatchObject([{ state: 'good' }, { what: 'No hub runs on it' }]);
    const release = await lockFolder(folder);
    expect(await checkFolder(folder)).toMatchObject([{ state: 'good' }, { state: 'note', what: expect.stringContaining(`process ${process.pid}`) }]);
    await release();
    expect(await checkFolder(folder)).toMatchObject([{ state: 'good' }, { state: 'good' }]);
  });

  it.each([
    [JSON.stringify({ status: 'alive' }), 'note', 'A hub answers'],
    ['hello', 'bad', 'taken by something that is no hub'],
  ])('knows a hub from something else that answers %s', async (body, state, words) => {
    const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await checkPort('127.0.0.1', String(port))).toMatchObject({ state, what: expect.stringContaining(words) });
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(await checkPort('127.0.0.1', String(port))).toMatchObject({ state: 'good' });
  });

  it.each(['x', '', '70000', '-1'])('refuses the port "%s"', async (port) => {
    expect((await checkPort('127.0.0.1', port)).state).toBe('bad');
  });

  it.each([
    [500_000_000, 'bad'],
    [3_000_000_000, 'note'],
    [50_000_000_000, 'good'],
  ])('finds %d bytes of disk %s', (free, state) => {
    expect(judgeDisk(free).state).toBe(state);
  });

  it('mistrusts a clock that is behind the program itself', () => {
    const installedAt = Date.parse('2026-11-23T12:00:00Z');
    expect(checkTime(Date.parse('1970-01-01T00:00:00Z'), installedAt).state).toBe('bad');
    expect(checkTime(installedAt + 1, installedAt)).toEqual({ state: 'good', what: "The machine's time is 2026-11-23T12:00:00.001Z" });
  });

  it('writes the way out below what is bad', () => {
    expect(describeFinding({ state: 'bad', what: 'This', wayOut: 'Do that.' })).toBe('BAD   This\n      → Do that.');
  });
});
