import { takeTurns } from './take-turns.ts';

function pause() {
  let go: () => void = () => {};
  const paused = new Promise<void>((resolve) => (go = resolve));
  return { paused, go: () => go() };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('are taken one after the other by those who share a key, and at once by the others', async () => {
    const turns = takeTurns({ isInTransaction: () => false });
    const began: string[] = [];
    const gates = { first: pause(), second: pause(), other: pause() };
    const start = (name: keyof typeof gates, keys: string[]) =>
      turns(keys, async () => {
        began.push(name);
        await gates[name].paused;
        return name;
      });
    const all = Promise.all([start('first', ['a', 'b']), start('second', ['b', 'c']), start('other', ['d'])]);
    await settle();
    expect(began).toEqual(['first', 'other']);
    gates.first.go();
    await settle();
    expect(began).toEqual(['first', 'other', 'second']);
    gates.second.go();
    gates.other.go();
    expect(await all).toEqual(['first', 'second', 'other']);
  });

  it('are not waited for inside of a transaction, whose locks the others may be waiting for', async () => {
    let inside = false;
    const turns = takeTurns({ isInTransaction: () => inside });
    const gate = pause();
    const first = turns(['a'], () => gate.paused);
    inside = true;
    expect(await turns(['a'], async () => 'done')).toBe('done');
    gate.go();
    await first;
  });

  it('go on after one that failed', async () => {
    const turns = takeTurns({ isInTransaction: () => false });
    const failing = turns(['a'], () => Promise.reject(new Error('lost')));
    const next = turns(['a'], async () => 'done');
    await expect(failing).rejects.toThrow('lost');
    expect(await next).toBe('done');
  });
});
