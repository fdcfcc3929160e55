import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import { type ItemFacts, type ItemState, newItem, reviseItem } from '../domain/item.ts';
import { type CompiledModel, compileModel } from '../domain/model/compile-model.ts';
import { readPacks } from '../model/read-packs.ts';
import { cmdb } from '../service.ts';
import { writeItemChanges } from '../write-changes.ts';
import { collectDeadlines } from './collect-deadlines.ts';
import { listDeadlines } from './list-deadlines.ts';
import { remindOfDeadlines } from './remind.ts';

let database: TestDatabase;
let model: CompiledModel;
const at = (day: string) => Date.parse(`${day}T08:00:00Z`);
const begin = at('2026-01-01');

beforeAll(async () => {
  database = await openTestDatabase(cmdb);
  model = compileModel(await readPacks());
});
afterAll(() => database.close());

async function write(before: ItemState | undefined, after: ItemState): Promise<ItemState> {
  const writing = { database, model, author: { actorId: 'ivan', actorName: 'Иван' } };
  const { statements, events } = await writeItemChanges(writing, [{ ...(before && { before }), after }]);
  await database.commit({ statements, events });
  return after;
}
const meter = (name: string, attributes: object, itemClass = 'water_meter') =>
  write(undefined, newItem({ id: newUuid(), source: 'test', key: name }, { class: itemClass, name, attributes: { ...attributes } }, begin));
async function revise(before: ItemState, facts: ItemFacts, day = '2026-01-02'): Promise<ItemState> {
  const after = reviseItem(before, facts, at(day));
  if (!after) throw new Error('Nothing changes.');
  return write(before, after);
}
const remind = (day: string, pageSize?: number) => remindOfDeadlines({ database, model }, at(day), pageSize);
/** Days that were left each time when it was told. */
async function toldOf({ id }: ItemState): Promise<number[]> {
  const rows = await database.query<{ left: number }>(sql`select (data ->> 'daysLeft')::int as left from outbox
    where key = ${id} and type = 'opora.cmdb.v1.DeadlineApproaching' order by id`);
  return rows.map(({ left }) => left);
}
const list = async (request: object, day = '2026-01-01') => listDeadlines(database, request, model, at(day));

describe('a reminder', () => {
  it('comes once for each period before the date, however often one looks', async () => {
    const item = await meter('once', { verifiedUntil: '2026-06-30', supportTeam: 'metrology', organisation: 'zar' });
    for (const day of ['2026-03-31', '2026-04-01', '2026-04-01', '2026-04-02', '2026-05-31', '2026-06-23', '2026-06-30', '2026-07-05'])
      await remind(day);
    expect(await toldOf(item)).toEqual([90, 30, 7]);
    const [event] = await database.query<{ data: object }>(sql`select data from outbox where key = ${item.id} and type like '%Deadline%' limit 1`);
    expect(event?.data).toMatchObject({
      itemId: item.id,
      class: 'water_meter',
      name: 'once',
      attribute: 'verifiedUntil',
      on: '2026-06-30',
      supportTeam: 'metrology',
      organisation: 'zar',
    });
  });

  it('that was missed is told once, the nearest of several, also when the date is just over; what is long over is not', async () => {
    const [missed, over, longOver] = [
      await meter('missed', { verifiedUntil: '2026-06-30' }),
      await meter('over', { verifiedUntil: '2026-06-18' }),
      await meter('long-over', { verifiedUntil: '2026-03-01' }),
    ];
    await remind('2026-06-25');
    await remind('2026-06-26');
    expect([await toldOf(missed), await toldOf(over), await toldOf(longOver)]).toEqual([[5], [-7], []]);
  });

  it('is told once when two processes look at the same moment', async () => {
    const items = await Promise.all(Array.from({ length: 30 }, (_, index) => meter(`race-${index}`, { verifiedUntil: '2026-08-30' })));
    for (let found = true; found; ) {
      const done = await Promise.allSettled([remind('2026-08-23', 7), remind('2026-08-23', 7)]);
      found = done.some(({ status }) => status === 'rejected');
    }
    for (const item of items) expect(await toldOf(item)).toEqual([7]);
  });

  it('is not of what is out of use or disposed of; when it comes back, what was told is not told again', async () => {
    const item = await meter('resting', { verifiedUntil: '2026-12-30' });
    await remind('2026-12-01');
    const disposed = await revise(item, { attributes: { ...item.attributes, lifecycleState: 'disposed' } }, '2026-12-02');
    await remind('2026-12-09');
    const back = await revise(disposed, { attributes: { ...item.attributes, lifecycleState: 'in_use' } }, '2026-12-10');
    await remind('2026-12-10');
    const retired = await revise(back, { state: 'retired' }, '2026-12-11');
    await remind('2026-12-24');
    expect(await toldOf(item)).toEqual([29]);
    await revise(retired, { state: 'active' }, '2026-12-25');
    await remind('2026-12-25');
    expect(await toldOf(item)).toEqual([29, 5]);
  });

  it('follows the date when that changes, and is gone with it', async () => {
    const item = await meter('moved', { verifiedUntil: '2026-10-30' });
    await remind('2026-10-01');
    const later = await revise(item, { attributes: { verifiedUntil: '2026-11-30' } }, '2026-10-02');
    await remind('2026-10-03');
    await remind('2026-10-31');
    expect(await toldOf(item)).toEqual([29, 58, 30]);
    await revise(later, { attributes: {} }, '2026-11-01');
    await remind('2026-11-23');
    expect(await toldOf(item)).toEqual([29, 58, 30]);
  });
});

describe('a list of dates', () => {
  it('has them by date, of a class with its subclasses, of a team, over or to come, page by page', async () => {
    const team = { supportTeam: 'list-team' };
    await meter('list-3', { verifiedUntil: '2027-03-03', ...team });
    await meter('list-1', { warrantyUntil: '2027-03-01', verifiedUntil: '2027-03-02', ...team }, 'heat_meter');
    await meter('list-4', { endsOn: '2027-03-04', ...team }, 'support_contract');
    await revise(await meter('list-gone', { verifiedUntil: '2027-03-01', ...team }), { state: 'retired' });
    const names = async (request: object, day?: string) => (await list(request, day)).items.map(({ name, attribute }) => `${name} ${attribute}`);
    const all = ['list-1 warrantyUntil', 'list-1 verifiedUntil', 'list-3 verifiedUntil', 'list-4 endsOn'];
    expect(await names(team)).toEqual(all);
    expect(await names({ ...team, class: 'meter' })).toEqual(all.slice(0, 3));
    expect(await names({ class: 'heat_meter' })).toEqual(all.slice(0, 2));
    expect(await names({ ...team, until: '2027-03-02' })).toEqual(all.slice(0, 2));
    expect([await names({ ...team, overdue: true }, '2027-03-03'), await names({ ...team, overdue: false }, '2027-03-03')]).toEqual([
      all.slice(0, 2),
      all.slice(2),
    ]);
    const pages: string[] = [];
    for (let after: string | undefined, first = true; first || after !== undefined; first = false) {
      const page = await list({ class: 'hardware', overdue: false, limit: 2, ...(after !== undefined && { after }) }, '2027-03-01');
      pages.push(...page.items.map(({ name, attribute }) => `${name} ${attribute}`));
      after = page.next;
    }
    expect(pages).toEqual(all.slice(0, 3));
    expect((await list(team, '2027-02-28')).items[0]).toMatchObject({ on: '2027-03-01', daysLeft: 1, supportTeam: 'list-team', class: 'heat_meter' });
  });
});

describe('when the model reminds of something else', () => {
  it('keeps the dates that items have already, and forgets those of which it reminds no more', async () => {
    const definition = await readPacks();
    const date = { type: 'date' as const, label: { ru: 'Ремонт', en: 'Overhaul' } };
    const changed = compileModel({
      ...definition,
      classes: definition.classes.map((own) =>
        own.name === 'pump' ? { ...own, attributes: { ...own.attributes, warrantyUntil: date, overhauledOn: { ...date, remind: ['P7D'] } } } : own,
      ),
    });
    const pumps = await Promise.all(
      Array.from({ length: 5 }, (_, index) => meter(`pump-${index}`, { warrantyUntil: '2028-01-01', overhauledOn: '2028-02-01' }, 'pump')),
    );
    const dates = async () => (await listDeadlines(database, { class: 'pump', limit: 500 }, changed, begin)).items.map(({ on }) => on);
    expect(await dates()).toEqual(pumps.map(() => '2028-01-01'));
    await collectDeadlines({ database, model: changed }, begin, 2);
    expect(await dates()).toEqual(pumps.map(() => '2028-02-01'));
    await collectDeadlines({ database, model: changed }, begin, 2);
    expect(await dates()).toEqual(pumps.map(() => '2028-02-01'));
  });
});
