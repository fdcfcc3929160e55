import { orderByNeed } from './order-by-need.ts';

const service = (name: string, ...needs: string[]) => ({ name, needs });

describe('the order in which services start', () => {
  it('puts each after those that it needs, whatever the list says', () => {
    const ordered = orderByNeed([service('gateway', 'tickets', 'sla'), service('sla', 'tickets'), service('tickets')]);
    expect(ordered.map(({ name }) => name)).toEqual(['tickets', 'sla', 'gateway']);
  });

  it('does not wait for what runs in another process', () => {
    expect(orderByNeed([service('sla', 'tickets')]).map(({ name }) => name)).toEqual(['sla']);
  });

  it('refuses services that need each other, naming the circle', () => {
    expect(() => orderByNeed([service('a', 'b'), service('b', 'a')])).toThrow('a → b → a');
  });
});
