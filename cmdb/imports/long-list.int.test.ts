import type { UploadImportRequest } from '../../generated/opora/cmdb/v1/imports.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';

let hub: OpenCmdb;
beforeAll(async () => {
  hub = await openCmdb();
});
afterAll(() => hub.close());

const rows = 200_000;
const mostMebibytes = 500;

/** Every 50 000th row repeats the first, every 40 000th has a word for a number. */
async function* longList(): AsyncGenerator<UploadImportRequest> {
  let isFirst = true;
  let piece = 'Наименование;Инв. №;С/Н;Мощность, кВт;Дата ввода;Площадка\n';
  for (let index = 0; index < rows; index += 1) {
    const number = index % 50_000 === 0 ? 1 : index + 1;
    const power = index % 40_000 === 7 ? 'много' : String((index % 500) / 10).replace('.', ',');
    piece += `Насос ${index};${String(number).padStart(8, '0')};СН-${index};${power};${1 + (index % 28)}.0${1 + (index % 9)}.2019;Станция ${index % 300}\n`;
    if (piece.length < 60_000) continue;
    yield { data: Buffer.from(piece), ...(isFirst && { class: 'pump' }) };
    isFirst = false;
    piece = '';
  }
  yield { data: Buffer.from(piece) };
}

it('a list of 200 000 rows is kept, surveyed and checked with every row explained, in bounded memory', async () => {
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 50);
  const t = Date.now();
  const { id } = await hub.imports.uploadImport(longList(), { ...mine(), deadline: Date.now() + 300_000 });
  console.log('uploaded', Date.now() - t);
  const done = await eventually(
    () => hub.imports.getImport({ id }, mine()),
    (state) => state.status === 'checked',
    280_000,
  );
  console.log('checked', Date.now() - t, (most - before) / 2 ** 20);
  clearInterval(watch);
  expect(done).toMatchObject({ rows, rowsDone: rows, counts: { created: 199_992, repeated: 3, rejected: 5 } });
  expect((most - before) / 2 ** 20).toBeLessThan(mostMebibytes);
}, 300_000);
