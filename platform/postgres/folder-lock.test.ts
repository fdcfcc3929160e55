import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockFolder } from './folder-lock.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opora-lock-'));
  file = join(folder, 'hub.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the lock of a data folder', () => {
  it('is held by one at a time, and leaves nothing in the folder when it is let go', async () => {
    const release = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(`process ${process.pid}`);
    await release();
    expect(await readdir(folder)).toEqual([]);
    await (await lockFolder(folder))();
  });

  it('goes to exactly one of many who find it left behind at the same moment', async () => {
    await writeFile(file, '1 0 an-earlier-boot');
    await utimes(file, new Date(0), new Date(0));
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
    const won = tries.filter((result) => result.status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['hub.lock']);
    for (const { value } of won) await value();
  });

  it('of a process that has the id of another one now is void', async () => {
    const release = await lockFolder(folder);
    const [pid, , world] = (await readFile(file, 'utf8')).split(' ');
    await release();
    await writeFile(file, `${pid} 12345 ${world}`);
    const taken = await lockFolder(folder);
    await taken();
  });

  it('of a container that still touches it is respected, though its process cannot be seen', async () => {
    await writeFile(file, '1 0 another-container');
    const trying = lockFolder(folder);
    const outcome = expect(trying).rejects.toThrow(/process 1 of another machine or container/);
    await sleep(50); // it has looked at the time of the lock by now, and looks again in half a second
    await utimes(file, new Date(), new Date());
    await outcome;
    expect((await stat(file)).size).toBeGreaterThan(0);
  });
});
