import { writeFile } from 'node:fs/promises';
import { perSecond, type Row, thousands } from '../benchmark.ts';
import { type BenchHub, waitUntil } from '../hub.ts';
import { readPeakMemory, tellCost, watchCost } from './watch.ts';

const source = 'spreadsheet';
const header = 'Наименование;Инв. №;С/Н;Мощность, кВт;Дата ввода;Площадка\n';

interface Import {
  id: string;
  status: string;
  rows: number;
  rowsDone: number;
  counts: Readonly<Record<string, number>>;
}

/** Every 40 000th row has a word for a number; the others are new pumps. */
function drawList(rows: number): string {
  const lines = [header];
  for (let index = 0; index < rows; index++) {
    const power = index % 40_000 === 7 ? 'много' : String((index % 500) / 10).replace('.', ',');
    lines.push(
      `Насос ${index};${String(index + 1).padStart(8, '0')};СН-${index};${power};${1 + (index % 28)}.0${1 + (index % 9)}.2019;Станция ${index % 300}\n`,
    );
  }
  return lines.join('');
}

/** A list that somebody uploads: what each row would do, and the same done as one change set. Every row has a fate. */
export async function measureSpreadsheet(hub: BenchHub, rows: number, say: (text: string) => void): Promise<Row[]> {
  await writeFile(`/proc/${hub.pid}/clear_refs`, '5'); // the peak from here on
  const path = '/api/v1/cmdb/imports';
  const { status, body } = await hub.send('POST', `${path}?class=pump&source=${source}&fileName=pumps.csv&wait=0`, drawList(rows), 'text/csv');
  if (status !== 201) throw new Error(`The list was answered with ${status}: ${body}`);
  const { id } = JSON.parse(body) as Import;

  const follow = async (during: string, after: string) => {
    let now = await hub.get<Import>(`${path}/${id}`);
    let told = 0;
    await waitUntil(async () => {
      now = await hub.get<Import>(`${path}/${id}`);
      if (now.rowsDone - told >= 50_000) say(`${during}: ${(told = now.rowsDone)} of ${now.rows} rows`);
      return now.status !== during;
    }, 3_600);
    const fates = Object.values(now.counts).reduce((sum, count) => sum + count, 0);
    if (now.status !== after || fates !== rows) throw new Error(`The list is ${now.status}, ${fates} of ${rows} rows have a fate.`);
    return now;
  };
  const checked = await watchCost(hub, async () => (await follow('checking', 'checked')).rows);
  await hub.send('POST', `${path}/${id}/apply`, '{"wait":0}');
  let counts: Import['counts'] = {};
  const applied = await watchCost(hub, async () => {
    const end = await follow('applying', 'applied');
    counts = end.counts;
    return end.rows;
  });
  const peak = await readPeakMemory(hub.pid);
  const toRow = (what: string, spent: typeof checked): Row => ({
    what,
    measured: `${thousands(perSecond(rows, spent.seconds))} rows/s; ${tellCost(spent)}`,
    reach: 'every row has a fate',
    reached: true,
  });
  return [
    toRow(`a spreadsheet of ${thousands(rows)} rows checked, row by row`, checked),
    toRow(
      `the same applied as one change set (${Object.entries(counts)
        .map(([fate, count]) => `${thousands(count)} ${fate}`)
        .join(', ')})`,
      applied,
    ),
    { what: 'memory of the hub meanwhile, at its peak (RSS)', measured: `${thousands(peak / 1e6)} MB`, reach: '< 1 GB', reached: peak < 1e9 },
  ];
}
