import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runTool } from './run-tool.ts';

const fixtures = 'tests/house/fixtures';
const lines = (count: number) => Array.from({ length: count }, (_, index) => `export const value${index} = ${index};\n`).join('');
const bin = (name: string) => resolve('node_modules/.bin', name);

describe('types', () => {
  const { failed, output } = runTool(bin('tsc'), ['--noEmit', '-p', join(fixtures, 'types')]);

  it.each([
    ['a call without options, and so without a deadline', 'call-without-deadline.ts', 'TS2554'],
    ['options of a call without a deadline', 'options-without-deadline.ts', "TS2741: Property 'deadline' is missing"],
    ['a service that lacks a method of its contract', 'incomplete-service.ts', "TS2345: Argument of type '{}'"],
    ['an element of a list that may not be there', 'unchecked-index.ts', 'TS2532'],
  ])('refuse %s', (_, file, message) => {
    expect(failed).toBe(true);
    expect(output.split('\n').filter((line) => line.includes(file))).toEqual([expect.stringContaining(message)]);
  });
});

describe('the type-aware linter', () => {
  const { failed, output } = runTool(bin('eslint'), ['--no-ignore', '--format', 'json', join(fixtures, 'promises')]);

  it.each([
    ['a promise that nobody waits for', 'floating.ts', '@typescript-eslint/no-floating-promises'],
    ['a promise taken for its value', 'misused.ts', '@typescript-eslint/no-misused-promises'],
    ['a switch that forgot a case', 'switch.ts', '@typescript-eslint/switch-exhaustiveness-check'],
  ])('refuses %s', (_, file, rule) => {
    const results = JSON.parse(output) as { filePath: string; messages: { ruleId: string }[] }[];
    const messages = results.find(({ filePath }) => filePath.endsWith(file))?.messages ?? [];
    expect(failed).toBe(true);
    expect(messages.map(({ ruleId }) => ruleId)).toEqual([rule]);
  });
});

describe('the formatter and linter', () => {
  const dir = mkdtempSync(join(tmpdir(), 'opora-house-'));
  writeFileSync(join(dir, 'biome.json'), readFileSync('biome.json'));
  writeFileSync(join(dir, 'badName.ts'), readFileSync(join(fixtures, 'format/badName.ts')));
  writeFileSync(join(dir, 'too-long.ts'), lines(401));
  writeFileSync(join(dir, 'long-enough.ts'), lines(400));
  const { failed, output } = runTool(bin('biome'), ['check', '--error-on-warnings', '--vcs-enabled=false', '--max-diagnostics=none', '.'], {
    cwd: dir,
  });
  rmSync(dir, { recursive: true });

  it.each([
    ['quotes that are not ours', /badName\.ts format/],
    ['a file name that is not in kebab-case', /badName\.ts.* lint\/style\/useFilenamingConvention/],
    ['any', /badName\.ts.* lint\/suspicious\/noExplicitAny/],
    ['a file of more than 400 lines', /too-long\.ts.* lint\/style\/noExcessiveLinesPerFile/],
  ])('refuses %s', (_, message) => {
    expect(failed).toBe(true);
    expect(output).toMatch(message);
  });

  it('lets a file have 400 lines', () => {
    expect(output).not.toContain('long-enough.ts');
  });
});

describe('the search for dead code', () => {
  const { failed, output } = runTool(bin('knip'), ['--config', resolve('knip.json')], { cwd: join(fixtures, 'dead-code') });

  it.each([
    ['a file that nobody imports', 'services/forgotten.ts'],
    ['an export that nobody uses', /unused\s+services\/used\.ts/],
    ['a dependency that nobody imports', 'left-pad'],
  ])('finds %s', (_, message) => {
    expect(failed).toBe(true);
    expect(output).toMatch(message);
  });
});
