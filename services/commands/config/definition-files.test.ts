import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDefinitionFiles, writeDefinitionFiles } from './definition-files.ts';

describe('definitions as files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'opora-config-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('come back as they were, and are the same text in whatever order they were written', async () => {
    const content = {
      statuses: { new: { phase: 'open', name: { en: 'New', ru: 'Новая' } } },
      initial: 'new',
      title: { ru: 'Сбой', en: 'Incident' },
      empty: [],
    };
    const { title, ...rest } = content;
    expect(await writeDefinitionFiles(folder, [{ kind: 'lifecycles', name: 'incident', content }])).toEqual(['lifecycles/incident.yaml']);
    const text = await readFile(join(folder, 'lifecycles/incident.yaml'), 'utf8');
    expect(text.split('\n').slice(0, 4)).toEqual(['title:', '  ru: Сбой', '  en: Incident', 'empty: []']);
    await writeDefinitionFiles(folder, [{ kind: 'lifecycles', name: 'incident', content: { title, ...rest } }]);
    expect(await readFile(join(folder, 'lifecycles/incident.yaml'), 'utf8')).toBe(text);
    const [read] = await readDefinitionFiles(folder);
    expect(read).toMatchObject({ kind: 'lifecycles', name: 'incident', content });
    expect([read?.place('/statuses/new/name/ru'), read?.place('/statuses/old/phase'), read?.place('')]).toEqual([
      'lifecycles/incident.yaml:9',
      'lifecycles/incident.yaml:6',
      'lifecycles/incident.yaml:1',
    ]);
  });

  it('are refused as a whole when one is broken, with the line of every mistake', async () => {
    await mkdir(join(folder, 'lifecycles'));
    await writeFile(join(folder, 'lifecycles/good.yaml'), 'title: x\n');
    await writeFile(join(folder, 'lifecycles/list.yaml'), '- a\n- b\n');
    await writeFile(join(folder, 'lifecycles/broken.yaml'), 'title:\n  ru: "Сбой\n  en: Incident\nstatuses: [a, b\n');
    await writeFile(join(folder, 'lifecycles/twice.yaml'), 'a: 1\nb: 2\na: 3\n');
    const refusal = await readDefinitionFiles(folder).catch((error: Error) => error.message);
    expect(refusal).toMatch(/nothing was changed/);
    expect(refusal).toMatch(/lifecycles\/broken\.yaml:\d+: /);
    expect(refusal).toMatch(/lifecycles\/twice\.yaml:3: .*unique/);
    expect(refusal).toMatch(/lifecycles\/list\.yaml:1: a definition is a map/);
    expect(refusal).not.toMatch(/good\.yaml/);
  });
});
