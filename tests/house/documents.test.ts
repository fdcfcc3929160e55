import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const read = (file: string) => readFileSync(file, 'utf8');
const decisions = readdirSync('docs/adr').filter((file) => /^\d{4}-/.test(file));

describe('the documents', () => {
  it.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...decisions.map((file) => join('docs/adr', file)), 'docs/adr/README.md'])(
    '%s leads nowhere that does not exist',
    (file) => {
      const links = [...read(file).matchAll(/\]\(((?!https?:)[^)#]+)/g)].map(([, link = '']) => join(dirname(file), link));
      expect(links.filter((link) => !existsSync(link))).toEqual([]);
    },
  );

  it('copy from places that exist: the table of CONTRIBUTING.md', () => {
    const [, table = ''] = read('CONTRIBUTING.md').split('## To add X, copy Y');
    const paths = [...table.matchAll(/`([\w.-]+\/[\w./-]+|\.[\w.-]+\.cjs)`/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('list every decision once, by its title', () => {
    const index = read('docs/adr/README.md');
    const missing = decisions.filter((file) => {
      const title = read(join('docs/adr', file))
        .split('\n')[0]
        ?.replace(/^#\s*(\d+[.:]?)?\s*/, '');
      return !index.includes(`| [${file.slice(0, 4)}](${file}) | ${title} |`);
    });
    expect(missing).toEqual([]);
    expect(new Set(decisions.map((file) => file.slice(0, 4))).size).toBe(decisions.length);
  });

  it('keep each decision under 40 lines', () => {
    expect(decisions.filter((file) => read(join('docs/adr', file)).trimEnd().split('\n').length >= 40)).toEqual([]);
  });

  it('give a reason for each package', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const reasons = read('docs/adr/0001-dependencies.md');
    const hasReason = (name: string) => reasons.includes(name) || reasons.includes(`${name.split('/')[0]}/*`);
    expect(Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !hasReason(name))).toEqual([]);
  });
});
