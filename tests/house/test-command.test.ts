import { runTool } from './run-tool.ts';

const runWith = (config: string) => {
  // Both outputs as one, as a person or a CI sees them.
  const { failed, output } = runTool('/bin/sh', ['-c', `node scripts/test.mjs --config tests/house/fixtures/runner/${config}.config.js 2>&1`]);
  return { failed, lines: output.trimEnd().split('\n') };
};

describe('npm test', () => {
  it('says in its last line how many passed, failed and were skipped, and before it the names of the skipped', () => {
    const { failed, lines } = runWith('outcomes');
    expect(lines.slice(-2)).toEqual(['skipped: an engine is not there', '2 passed, 1 failed, 1 skipped']);
    expect(failed).toBe(true);
  });

  it('counts a test file that cannot be loaded as a failure', () => {
    const { failed, lines } = runWith('broken');
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
    expect(failed).toBe(true);
  });

  it('fails, and still says so in its last line, when the runner dies', () => {
    const { failed, lines } = runWith('dies');
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
    expect(failed).toBe(true);
  });
});
