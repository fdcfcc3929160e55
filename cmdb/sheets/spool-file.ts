import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refuseFile } from './refuse-file.ts';

export interface SpooledFile {
  path: string;
  size: number;
  /** Its first bytes, at most 64 KiB. */
  head: Buffer;
  remove(): Promise<void>;
}

const headBytes = 65_536;

/** Writes what comes to a file of its own in the temporary folder, at most `mostBytes`: the table of contents of a workbook stands at its end. */
export async function spoolFile(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, mostBytes: number): Promise<SpooledFile> {
  const folder = await mkdtemp(join(tmpdir(), 'opora-sheet-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'file');
    const head: Uint8Array[] = [];
    let size = 0;
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of source) {
        if (size < headBytes) head.push(chunk);
        size += chunk.length;
        if (size > mostBytes) throw refuseFile('file_too_big', { ru: `${mostBytes / 2 ** 20} МиБ.`, en: `${mostBytes / 2 ** 20} MiB.` });
        await file.writeFile(chunk);
      }
    } finally {
      await file.close();
    }
    return { path, size, head: Buffer.concat(head).subarray(0, headBytes), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
