import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyConfig, compareConfig, readDefinitions } from '../../services/commands/config/config.ts';
import { readDefinitionFiles, writeDefinitionFiles } from '../../services/commands/config/definition-files.ts';
import { type HubApi, openHub } from '../../services/commands/hub-api.ts';
import { adminToken, type EdgeHub, startHub } from '../edge/start-hub.ts';

let hub: EdgeHub;
let api: HubApi;
let folder: string;
beforeAll(async () => {
  hub = await startHub(['catalog']);
  process.env['OPORA_TOKEN'] = adminToken;
  api = openHub(hub.url);
  folder = await mkdtemp(join(tmpdir(), 'opora-config-'));
});
afterAll(async () => {
  delete process.env['OPORA_TOKEN'];
  await hub.stop();
  await rm(folder, { recursive: true });
});

const apply = async (comment?: string) => applyConfig(api, await readDefinitionFiles(folder), comment);
const compare = async () => compareConfig(api, await readDefinitionFiles(folder));
const change = async (path: string, from: string, to: string) => {
  const text = await readFile(join(folder, path), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(folder, path), text.replace(from, to));
};
const versionOf = async (path: string) => (await hub.api.get<{ version: number }>(`/api/v1/catalog/${path}`)).body.version;

describe('what people set, as files', () => {
  it('comes out whole, and applied as it is changes nothing', async () => {
    const paths = await writeDefinitionFiles(folder, await readDefinitions(api));
    expect(paths).toEqual(
      expect.arrayContaining(['approval-policies/change-board.yaml', 'lifecycles/incident.yaml', 'priority-matrices/default.yaml']),
    );
    expect(await compare()).toEqual({ text: `0 of ${paths.length} would be published.`, refused: false });
    expect(await apply()).toBe(`0 of ${paths.length} were published.`);
  });

  it('is published together, so that one file may speak of another that is new', async () => {
    const policy = await readFile(join(folder, 'approval-policies/change-board.yaml'), 'utf8');
    await writeFile(join(folder, 'approval-policies/night-board.yaml'), policy);
    await change('lifecycles/change-normal.yaml', 'policy: change-board', 'policy: night-board');
    const { text, refused } = await compare();
    expect(refused).toBe(false);
    expect(text).toContain(
      'created approval-policies/night-board\nchanged lifecycles/change-normal\n  /statuses/approval/approval/policy: "change-board" → "night-board"',
    );
    expect(await apply('Ночные работы')).toContain('published approval-policies/night-board version 1\npublished lifecycles/change-normal version 2');
    expect((await hub.api.get<{ comment: string }>('/api/v1/catalog/lifecycles/change-normal')).body.comment).toBe('Ночные работы');
  });

  it('is refused as a whole, by file and line, when one of the files is wrong', async () => {
    await change('lifecycles/incident.yaml', 'ru: Инцидент', 'ru: Сбой');
    await change('lifecycles/task.yaml', 'initial: new', 'initial: nwe');
    await change('priority-matrices/default.yaml', 'critical', 'enormous');
    const { text, refused } = await compare();
    expect([refused, text]).toEqual([true, expect.stringMatching(/error lifecycles\/task\.yaml:\d+: There is no status "nwe"\./)]);
    const refusal = await apply().catch((error: Error) => error.message);
    expect(refusal).toMatch(/nothing was published/);
    expect(refusal).toMatch(/lifecycles\/task\.yaml:\d+: There is no status "nwe"\./);
    expect(refusal).toMatch(/priority-matrices\/default\.yaml:\d+: .*must be one of/);
    expect(await versionOf('lifecycles/incident')).toBe(1);
    await change('lifecycles/task.yaml', 'initial: nwe', 'initial: new');
    await change('priority-matrices/default.yaml', 'enormous', 'critical');
    expect(await apply()).toContain('published lifecycles/incident version 2');
  });

  it('has one winner when two apply at once', async () => {
    await change('lifecycles/problem.yaml', 'en: Problem', 'en: Cause');
    const answers = await Promise.allSettled([apply(), apply(), apply()]);
    const told = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : String(answer.reason)));
    expect(told.filter((text) => text.includes('published lifecycles/problem version 2'))).toHaveLength(1);
    expect(await versionOf('lifecycles/problem')).toBe(2);
    expect((await hub.api.get<{ items: unknown[] }>('/api/v1/catalog/lifecycles/problem/versions')).body.items).toHaveLength(2);
  });
});
