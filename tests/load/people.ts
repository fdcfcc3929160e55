import type { ImportSummary } from '../../generated/opora/directory/v1/people.ts';
import { type Benchmark, perSecond, type Row, thousands } from './benchmark.ts';
import { timeRequests, toRow } from './cmdb/ask.ts';
import { insertSame } from './cmdb/insert-floor.ts';
import { type Piece, sendStream } from './cmdb/send-stream.ts';
import { tellCost, watchCost } from './cmdb/watch.ts';
import { type BenchHub, startBenchHub } from './hub.ts';

const path = '/api/v1/people/records';
const organizations = 40;
const departments = 400;
const peopleOfFloor = 20_000;
const written = { schema: 'directory', tables: ['person', 'external_reference', 'record_history', 'bus_log'], counted: ['person'] };

const surnames = [
  'Абрамов',
  'Баженов',
  'Воронин',
  'Гаврилов',
  'Данилов',
  'Ершов',
  'Жданов',
  'Зайцев',
  'Калинин',
  'Лазарев',
  'Макаров',
  'Назаров',
  'Осипов',
  'Поляков',
  'Рогов',
];
const names = [
  'Александр',
  'Борис',
  'Виктор',
  'Глеб',
  'Денис',
  'Егор',
  'Иван',
  'Кирилл',
  'Максим',
  'Николай',
  'Олег',
  'Павел',
  'Роман',
  'Тимур',
  'Юрий',
];
const positions = ['Инженер', 'Бухгалтер', 'Диспетчер', 'Слесарь', 'Лаборант'];

/** People of a large holding, imported as one stream, told again, and read a page at a time. */
export const people: Benchmark = {
  name: 'people',
  async run(report, { people: count = 10_000 } = {}) {
    const hub = await startBenchHub();
    const rows: Row[] = [];
    const add = (row: Row) => {
      rows.push(row);
      report(`${row.what}: ${row.measured}${row.floor ? ` (${row.floor})` : ''}`);
    };
    try {
      const places = await makeOrganizations(hub);
      add(await measureImport(hub, count));
      add(await measureUnchanged(hub, count));
      for (const row of await measurePages(hub, places)) add(row);
    } finally {
      await hub.stop();
    }
    return rows;
  },
};

/** Ids of the organisations and of the departments. */
async function makeOrganizations(hub: BenchHub): Promise<{ organizations: string[]; departments: string[] }> {
  const make = async (collection: string, body: object) => {
    const answer = await hub.send('POST', `/api/v1/${collection}`, JSON.stringify(body));
    if (answer.status !== 201) throw new Error(`${collection}: ${answer.body}`);
    return (JSON.parse(answer.body) as { id: string }).id;
  };
  const made: string[] = [];
  for (let index = 0; index < organizations; index++) {
    made.push(await make('organizations', { name: `Предприятие ${index}`, kind: 'own', externalReferences: [{ system: 'bench', id: `o${index}` }] }));
  }
  const parts: string[] = [];
  for (let index = 0; index < departments; index++) {
    const organizationId = made[index % organizations];
    parts.push(await make('departments', { name: `Отдел ${index}`, organizationId, externalReferences: [{ system: 'bench', id: `d${index}` }] }));
  }
  return { organizations: made, departments: parts };
}

/** Everybody reports to somebody who comes before them, except every thousandth, whose manager comes later. */
function* tellPeople(count: number): Iterable<Piece> {
  const size = 500;
  for (let from = 0; from < count; from += size) {
    let text = '';
    const until = Math.min(count, from + size);
    for (let index = from; index < until; index++) {
      const manager = index % 1000 === 999 && index + 1 < count ? index + 1 : Math.floor(index / 8);
      const record = {
        externalReference: { system: 'bench', id: `p${index}` },
        familyName: surnames[(index * 7) % surnames.length],
        givenName: names[Math.floor(index / 3) % names.length],
        position: positions[index % positions.length],
        employeeNumber: String(index).padStart(6, '0'),
        contacts: [
          { kind: 'email', value: `p${index}@example.ru` },
          { kind: 'mobile', value: `8 9${String(100_000_000 + index)}` },
        ],
        organization: `o${index % organizations}`,
        department: `d${index % departments}`,
        ...(index > 0 && { manager: `p${manager}` }),
      };
      text += `${JSON.stringify(record)}\n`;
    }
    yield { text, records: until - from };
  }
}

async function send(hub: BenchHub, count: number): Promise<ImportSummary> {
  const summary = await sendStream<ImportSummary>(hub, path, tellPeople(count));
  if (summary.refused > 0) throw new Error(`Some were refused: ${JSON.stringify(summary.refusals[0])}`);
  return summary;
}

async function measureImport(hub: BenchHub, count: number): Promise<Row> {
  const spent = await watchCost(hub, async () => (await send(hub, count)).created);
  const floor = await insertSame(hub, Math.min(1, peopleOfFloor / count), written);
  const rate = perSecond(spent.count, spent.seconds);
  return {
    what: `import of ${thousands(count)} people as one stream`,
    measured: `${thousands(rate)} people/s; ${tellCost(spent)}`,
    floor: `the same rows by plain INSERTs of 1 000, one connection: ${thousands(floor)} people/s`,
    ratio: rate / floor,
    reach: '≥ 2 000/s',
    reached: rate >= 2_000,
  };
}

async function measureUnchanged(hub: BenchHub, count: number): Promise<Row> {
  const spent = await watchCost(hub, async () => (await send(hub, count)).unchanged);
  const rate = perSecond(spent.count, spent.seconds);
  return {
    what: 'the same stream again, unchanged',
    measured: `${thousands(rate)} people/s; ${tellCost(spent)}`,
    reach: '≥ 5 000/s, all unchanged',
    reached: rate >= 5_000 && spent.count === count,
  };
}

async function measurePages(hub: BenchHub, places: { organizations: string[]; departments: string[] }): Promise<Row[]> {
  const pick = (ids: readonly string[], index: number) => ids[index % ids.length] ?? '';
  const middle = await hub.get<{ next?: string }>('/api/v1/people?limit=500');
  const asked: [string, (index: number) => string][] = [
    ['a page of 50 people by name', () => ''],
    ['a page further on', () => (middle.next === undefined ? '' : `after=${middle.next}`)],
    ['a page of one organisation, newest first', (index) => `organizationId=${pick(places.organizations, index)}&sort=-createdAt`],
    ['a page of one department', (index) => `departmentId=${pick(places.departments, index)}`],
    [
      'a page of those whom two words find',
      (index) => `q=${encodeURIComponent(`${pick(surnames, index).slice(0, 5)} ${pick(names, index * 7).slice(0, 4)}`)}`,
    ],
    ['the one with an employee number', (index) => `q=${String((index * 37) % 10_000).padStart(6, '0')}`],
  ];
  const rows: Row[] = [];
  for (const [what, query] of asked) rows.push(toRow(what, await timeRequests(hub, (index) => `/api/v1/people?${query(index)}`), undefined, 20));
  return rows;
}
