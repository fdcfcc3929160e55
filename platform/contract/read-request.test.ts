import { generateFixture } from './fixtures/generate-fixture.ts';
import { loadContract } from './load-contract.ts';
import { type HttpInput, readRequest } from './read-request.ts';

const made = generateFixture();
const contract = loadContract(made.folder);
afterAll(() => made.remove());

const id = '0197f0c4-1c2d-7a3b-9e4f-5a6b7c8d9e0f';

function read(name: string, input: Partial<HttpInput>) {
  return readRequest(contract, contract.method('opora.lamps.v1.LampService', name), { path: {}, query: {}, ...input });
}

/** As the edge refuses: what HTTP alone can do wrong, and what does not fit the message. */
function refusals(name: string, input: Partial<HttpInput>): string[] {
  const { message, violations } = read(name, input);
  const { request } = contract.method('opora.lamps.v1.LampService', name);
  return [...violations, ...contract.violations(request, message)].map((violation) => `${violation.pointer}: ${violation.message}`);
}

describe('a request made of what HTTP brought', () => {
  it('takes numbers, booleans and lists out of the text of a query', () => {
    const query = { limit: ['20'], broken: ['false'], tags: ['a', 'true', '1'], heights: ['1', '-2.5'], street: ['007'] };
    expect(read('ListLamps', { query })).toEqual({
      message: { limit: 20, broken: false, tags: ['a', 'true', '1'], heights: [1, -2.5], street: '007' },
      violations: [],
    });
  });

  it('takes its path fields out of the path', () => {
    expect(read('GetLamp', { path: { lampId: id } })).toEqual({ message: { lampId: id }, violations: [] });
  });

  it('takes the rest out of the body, open JSON values as text', () => {
    expect(read('CreateLamp', { body: { street: 'Lenina', maker: { a: 1 } } }).message).toEqual({ street: 'Lenina', maker: '{"a":1}' });
    expect(read('UpdateLamp', { path: { lampId: id }, body: { street: 'Lenina' } }).message).toEqual({ lampId: id, street: 'Lenina' });
  });

  it.each(['', 'abc', '1e3', '0x10', ' 1', 'NaN', 'Infinity', '1'.repeat(16)])('refuses the limit %j once, in words', (limit) => {
    expect(refusals('ListLamps', { query: { limit: [limit] } })).toEqual(['/limit: limit must be a whole number']);
  });

  it('tells every bad parameter at once', () => {
    const query = { limit: ['0'], broken: ['1'], heights: ['1', 'tall'], street: ['a', 'b'], colour: ['red'], toString: ['x'] };
    expect(refusals('ListLamps', { query }).sort()).toEqual([
      '/broken: broken must be true or false',
      '/colour: colour is not known here: leave it out, or use one of: limit, broken, tags, heights, street',
      '/heights/1: heights[1] must be a number',
      '/limit: limit must be 1 or more',
      '/street: street is given more than once: give it once',
      '/toString: toString is not known here: leave it out, or use one of: limit, broken, tags, heights, street',
    ]);
    expect(refusals('GetLamp', { path: { lampId: id }, query: { limit: ['1'] } })).toEqual(['/limit: limit is not known here: this takes no query']);
    expect(refusals('CreateLamp', { query: { street: ['a'] }, body: { street: 'b' } })).toEqual([
      '/street: street is not known here: this takes no query',
    ]);
  });

  it('refuses in the body what stands in the path or in If-Match', () => {
    const { violations, message } = read('UpdateLamp', { path: { lampId: id }, body: { lampId: 'other', expectedVersion: 1, street: 'Lenina' } });
    expect(violations).toEqual([
      { pointer: '/lampId', message: 'lampId stands in the path: leave it out of the body' },
      { pointer: '/expectedVersion', message: 'expectedVersion is given by If-Match: leave it out of the body' },
    ]);
    expect(message).toMatchObject({ lampId: id });
  });

  it.each([[[]], [null], ['text'], [7], [undefined]])('refuses the body %j', (body) => {
    expect(read('CreateLamp', { body }).violations).toEqual([{ pointer: '', message: 'the body must be a JSON object' }]);
  });
});
