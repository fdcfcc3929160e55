import fc from 'fast-check';
import { isAppError } from '../errors/app-error.ts';
import { sql } from '../postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../postgres/test-database.ts';
import { type Columns, compileFilter } from './filter-to-sql.ts';
import { someCondition, someReader, someTicket, variables } from './random-conditions.contract.ts';
import { ruleLanguage } from './rule-language.ts';

const { condition: compile } = ruleLanguage(variables);
const columns: Columns = {
  'ticket.type': { sql: sql`thing.type`, type: 'text' },
  'ticket.priority': { sql: sql`(thing.rest ->> 'priority')`, type: 'text' },
  'ticket.callerId': { sql: sql`thing.caller_id`, type: 'uuid' },
  'ticket.load': { sql: sql`thing.load`, type: 'double precision' },
  'ticket.score': { sql: sql`(thing.rest ->> 'score')::double precision`, type: 'double precision' },
  'ticket.vip': { sql: sql`(thing.rest ->> 'vip')::boolean`, type: 'boolean' },
  'ticket.at': { sql: sql`thing.at`, type: 'timestamptz' },
  'ticket.due': { sql: sql`thing.due`, type: 'timestamptz' },
  'ticket.items': { sql: sql`thing.items`, type: 'uuid[]' },
  'ticket.tags': { sql: sql`thing.tags`, type: 'text[]' },
  'ticket.labels': { sql: sql`thing.labels`, type: 'jsonb' },
};

let database: TestDatabase;
const tickets = fc.sample(someTicket, { numRuns: 120, seed: 3 });
beforeAll(async () => {
  database = await openTestDatabase({ name: 'things' });
  await database.query(sql`create table thing (id int primary key, type text, caller_id uuid, load double precision, at timestamptz, due timestamptz,
    items uuid[], tags text[], labels jsonb, rest jsonb)`);
  for (const [id, one] of tickets.entries()) {
    const { priority, score, vip, labels } = one;
    await database.query(sql`insert into thing values (${id}, ${one.type}, ${one.callerId ?? null}, ${one.load}, ${one.at}, ${one.due ?? null}, ${one.items}::uuid[],
      ${one.tags ?? null}, ${labels ? JSON.stringify(labels) : null}::jsonb, ${JSON.stringify({ priority, score, vip })}::jsonb)`);
  }
});
afterAll(() => database.close());

describe('a condition that is asked of a table', () => {
  it('finds the rows for which it holds in memory, whatever it says and whatever is absent', async () => {
    const readers = fc.sample(someReader, { numRuns: 40, seed: 5 });
    const seen = { some: 0, none: 0, all: 0, refused: 0 };
    for (const [index, text] of fc.sample(someCondition, { numRuns: 300, seed: 9 }).entries()) {
      const condition = compile(text);
      const me = readers[index % readers.length] ?? {};
      let filter: ReturnType<typeof compileFilter>;
      try {
        filter = compileFilter(condition, columns);
      } catch (error) {
        expect(isAppError(error, 'invalid_input') && error.violations[0]?.message).toMatch(/ticket\.at \+ duration/);
        seen.refused += 1;
        continue;
      }
      const expected = tickets.flatMap((ticket, id) => (condition.evaluate({ ticket, me }).matches ? id : []));
      const rows = await database.query<{ id: number }>(sql`select id from thing where ${filter({ me })} order by id`);
      expect({ text, me, found: rows.map(({ id }) => id) }).toEqual({ text, me, found: expected });
      seen[expected.length === 0 ? 'none' : expected.length === tickets.length ? 'all' : 'some'] += 1;
    }
    expect(seen.some).toBeGreaterThan(80);
    expect(seen.refused).toBeLessThan(30);
  });

  it('asks the row only for what the reader leaves open, and never by text', () => {
    const filter = compileFilter(compile('me.level > 1.0 && ticket.type == "\'; drop table thing" || me.id in me.teams'), columns);
    const [lead, newcomer] = [2, 0].map((level) => filter({ me: { id: 'a', teams: ['b'], level } }));
    expect(lead).toEqual({ strings: ['(thing.type = ', '::text)'], values: ["'; drop table thing"] });
    expect(newcomer?.strings).toEqual(['false']);
    expect(filter({ me: { id: 'a', teams: ['a'], level: 0 } }).strings).toEqual(['true']);
  });

  it.each([
    ['ticket.items.exists(item, item == me.id)', /ticket\.items\.exists.*At character 1/],
    ['ticket.type == "a" && ticket.type.matches("a+")', /ticket\.type\.matches.*At character 23/],
    ['ticket.load + 1.0 > 2.0', /ticket\.load \+ 1\.0/],
    ['ticket.at.getHours() > 8', /getHours/],
    ['ticket.tags == ["a"]', /ticket\.tags/],
  ])('is refused with its place where a table cannot be asked: %s', (text, message) => {
    expect.assertions(1);
    try {
      compileFilter(compile(text), columns, '/grants/0/condition');
    } catch (error) {
      expect(error).toMatchObject({ violations: [{ pointer: '/grants/0/condition', message: expect.stringMatching(message) }] });
    }
  });
});
