import { readFile } from 'node:fs/promises';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { newItem } from '../domain/item.ts';
import { checkItem } from '../domain/model/check-item.ts';
import { type CompiledModel, compileModel } from '../domain/model/compile-model.ts';
import { readPacks } from '../model/read-packs.ts';
import { fullSight } from '../rights/rights.ts';
import { cmdb } from '../service.ts';
import { writeItems } from '../storage/item-store.ts';
import { listItems } from './list-items.ts';

interface Line {
  key: string;
  class: string;
  name: string;
  lookups?: string[];
  attributes?: Record<string, unknown>;
}

const leastRecall = 0.97;
const all = { sight: fullSight, masked: new Set<string>() };
let database: TestDatabase;
let model: CompiledModel;

beforeAll(async () => {
  database = await openTestDatabase(cmdb);
  model = compileModel(await readPacks());
  const items = [...(await readLines<Line>('items')), ...listCrowd()];
  const changes = items.map(({ key, class: itemClass, name, lookups = [], attributes = {} }, index) => {
    const checked = checkItem(model, { class: itemClass, attributes });
    if (checked.violations.length + checked.unknown.length > 0) throw new Error(`${key}: ${JSON.stringify(checked)}`);
    const id = `0198c3a4-0000-7000-8000-${String(index).padStart(12, '0')}`;
    return { after: newItem({ id, source: 'recall', key }, { class: itemClass, name, lookups, attributes: checked.attributes }, 1_772_442_000_000) };
  });
  await database.commit({ statements: writeItems(changes, { actorId: 'ivan', actorName: 'Иван' }, model) });
});
afterAll(() => database.close());

async function readLines<One>(name: string): Promise<One[]> {
  const text = await readFile(new URL(`./recall/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as One);
}

/** The many that look much like one another, among which the others must be found. */
function listCrowd(): Line[] {
  return Array.from({ length: 1_500 }, (_, index): Line => {
    const number = String(index + 20_000);
    return index % 3 === 0
      ? { key: `crowd-${number}`, class: 'virtual_machine', name: `srv-00${number}`, lookups: [`srv-00${number}.dc.example.ru`] }
      : {
          key: `crowd-${number}`,
          class: 'monitor',
          name: `Монитор рабочего места ${number}`,
          attributes: { manufacturer: 'AOC', inventoryNumber: `30104-0${number}` },
        };
  });
}

it('finds among the first three what is looked for, as people write it', async () => {
  const queries = await readLines<{ q: string; expect: string; why: string }>('queries');
  const missed: string[] = [];
  for (const { q, expect: wanted, why } of queries) {
    const { items } = await listItems(database, { q, limit: 3 }, model, all);
    if (!items.some(({ key }) => key === wanted)) missed.push(`${why}: ${q} is not ${wanted} but ${items.map(({ name }) => name).join(' | ')}`);
  }
  const recall = 1 - missed.length / queries.length;
  console.info(`recall at 3 over ${queries.length} queries: ${(100 * recall).toFixed(1)} %\n${missed.join('\n')}`);
  expect(queries.length).toBeGreaterThanOrEqual(150);
  expect(recall).toBeGreaterThanOrEqual(leastRecall);
});
