import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const mostMebibytes = 240;

interface Measured {
  result?: Record<string, number>;
  grownMebibytes: number;
}

async function measure(what: string, path: string): Promise<Measured> {
  const { stdout } = await run(process.execPath, ['--max-semi-space-size=32', 'cmdb/sheets/fixtures/measure-memory.mjs', what, path], {
    timeout: 120_000,
  });
  return JSON.parse(stdout) as Measured;
}

describe('a list of 200 000 rows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'opora-long-list-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['xlsx', 'shared', 'csv'])(
    'is written, surveyed and read with every row explained, in bounded memory (%s)',
    async (kind) => {
      const path = join(folder, kind);
      const written = await measure(`write ${kind}`, path);
      const read = await measure(`read ${kind}`, path);
      expect(read.result).toEqual({ record: 199_992, repeated: 3, refused: 5 });
      expect(Math.max(kind === 'shared' ? 0 : written.grownMebibytes, read.grownMebibytes)).toBeLessThan(mostMebibytes);
    },
    240_000,
  );
});
