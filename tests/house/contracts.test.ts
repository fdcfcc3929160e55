import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { runTool } from './run-tool.ts';

const fixture = (name: string) => resolve('tests/house/fixtures/contracts', name);
const proto = 'proto/opora/orders/v1/orders.proto';
const check = resolve('scripts/check/contracts.mjs');

describe('the check of contracts', () => {
  let dir: string;
  const git = (...args: string[]) => runTool('git', ['-c', 'user.name=house', '-c', 'user.email=house@localhost', ...args], { cwd: dir });
  const write = (name: string) => {
    mkdirSync(dirname(join(dir, proto)), { recursive: true });
    cpSync(fixture(name), join(dir, proto));
  };

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'opora-contracts-'));
    cpSync('buf.yaml', join(dir, 'buf.yaml'));
    cpSync('.cache/proto', join(dir, '.cache/proto'), { recursive: true });
    symlinkSync(resolve('node_modules'), join(dir, 'node_modules'));
    git('init', '-q');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const release = () => {
    write('released.proto');
    git('add', 'buf.yaml', 'proto');
    git('commit', '-qm', 'release');
    git('tag', 'v1.0.0');
  };

  it('refuses names that are not written as all others', () => {
    write('lint.proto');
    const { failed, output } = runTool('node', [check], { cwd: dir });
    expect(failed).toBe(true);
    expect(output).toContain('Message name "order" should be PascalCase');
    expect(output).toContain('Field name "OrderId" should be lower_snake_case');
  });

  it('refuses to take away a field that was released', () => {
    release();
    write('breaking.proto');
    const { failed, output } = runTool('node', [check], { cwd: dir });
    expect(output).toContain('Previously present field "2" with name "sku" on message "Order" was deleted');
    expect(failed).toBe(true);
  });

  it('accepts what was released', () => {
    release();
    expect(runTool('node', [check], { cwd: dir })).toEqual({ failed: false, output: '' });
  });
});
