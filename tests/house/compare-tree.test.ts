import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

interface Tree {
  compareTree(stamp: string, files: string[], key: string): { changed: string[]; removed: string[]; stamped: string };
}
const { compareTree } = (await import(resolve('scripts/set-up/tree.mjs'))) as Tree;

describe('what set-up does again', () => {
  let dir: string;
  let one: string;
  let two: string;
  let stamp: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'opora-tree-'));
    [one, two, stamp] = [join(dir, 'one.ts'), join(dir, 'two.ts'), join(dir, 'stamp.json')];
    writeFileSync(one, 'first');
    writeFileSync(two, 'second');
    writeFileSync(stamp, compareTree(stamp, [one, two], 'key').stamped);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const compare = (files = [one, two], key = 'key') => {
    const { changed, removed } = compareTree(stamp, files, key);
    return { changed, removed };
  };

  it('is nothing when nothing changed', () => {
    expect(compare()).toEqual({ changed: [], removed: [] });
  });

  it('is what has another content', () => {
    writeFileSync(two, 'third!');
    expect(compare()).toEqual({ changed: [two], removed: [] });
  });

  it('is not what was only touched, as by a checkout', () => {
    utimesSync(one, new Date(0), new Date(0));
    expect(compare()).toEqual({ changed: [], removed: [] });
  });

  it('forgets what is no more', () => {
    expect(compare([one])).toEqual({ changed: [], removed: [two] });
  });

  it('is everything when the way of making it changed, or the stamp was cut off', () => {
    expect(compare([one, two], 'another').changed).toEqual([one, two]);
    writeFileSync(stamp, '{"key":"ke');
    expect(compare().changed).toEqual([one, two]);
  });
});
