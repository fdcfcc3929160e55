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
    yield { data: Buffer.from(piece), ...(isFirst && { class: 'pump', wait: 0 }) };
    isFirst = false;
    piece = '';
  }
  yield { data: Buffer.from(piece) };
}

describe('a list of 200 000 rows', () => {
  it('is kept, surveyed and checked page by page in bounded memory, and tells how far it is', async () => {
    const before = process.memoryUsage.rss();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 50);
    try {
      const uploaded = await hub.imports.uploadImport(longList(), { ...mine(), deadline: Date.now() + 100_000 });
      expect(uploaded).toMatchObject({ status: 'checking', class: 'pump', rows });
      const far = await eventually(
        () => hub.imports.getImport({ id: uploaded.id }, mine()),
        ({ rowsDone }) => rowsDone >= 3_000,
        60_000,
      );
      expect(far).toMatchObject({ status: 'checking', counts: { created: far.rowsDone - 1, rejected: 1 } });
      // A check that nobody wants any more makes way at once.
      await hub.imports.applyImport({ id: uploaded.id, wait: 0 }, mine());
      const applied = await eventually(
        () => hub.imports.getImport({ id: uploaded.id }, mine()),
        (one) => one.status === 'applying' && one.rowsDone >= 1_000,
        60_000,
      );
      expect((await hub.cmdb.listItems({ class: 'pump', limit: 500, where: [] }, mine())).items).toHaveLength(500);
      expect(applied.rows).toBe(rows);
      expect((most - before) / 2 ** 20).toBeLessThan(mostMebibytes);
    } finally {
      clearInterval(watch);
    }
  }, 240_000);
});
