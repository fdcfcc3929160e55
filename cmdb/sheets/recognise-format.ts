import { open } from 'node:fs/promises';
import { refuseFile } from './refuse-file.ts';
import type { SpooledFile } from './spool-file.ts';

/** What the file is by what it begins with; its name may lie. Refuses what is neither a workbook nor text. */
export async function recogniseFormat({ head, path, size }: SpooledFile): Promise<'zip' | 'text'> {
  if (size === 0) throw refuseFile('empty_file');
  if (head.subarray(0, 4).equals(zipStart)) return 'zip';
  if (head.subarray(0, 8).equals(compoundStart)) throw refuseFile((await holdsText(path, 'EncryptedPackage')) ? 'encrypted' : 'old_excel');
  if (/^(?:\ufeff|\xef\xbb\xbf)?\s*<(?:\?xml|!doctype|html|table|meta|head)\b/i.test(head.subarray(0, 200).toString('latin1')))
    throw refuseFile('web_page');
  // Text has no NUL bytes, but UTF-16 has many, each in its place.
  const isWide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  const controls = head.subarray(0, 4096).filter((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27)).length;
  if (!isWide && (controls > 4 || head.subarray(0, 5).toString('latin1') === '%PDF-')) throw refuseFile('no_table');
  return 'text';
}

const zipStart = Buffer.from('PK\x03\x04', 'latin1');
/** Both the old Excel and encrypted workbooks are compound files ([MS-CFB] 2.2); the latter have a stream of this name ([MS-OFFCRYPTO] 2.3.4.4). */
const compoundStart = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);

async function holdsText(path: string, text: string): Promise<boolean> {
  const wanted = Buffer.from(text, 'utf16le');
  const file = await open(path, 'r');
  try {
    let tail = Buffer.alloc(0);
    for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      const window = Buffer.concat([tail, chunk]);
      if (window.includes(wanted)) return true;
      tail = window.subarray(-wanted.length);
    }
    return false;
  } finally {
    await file.close();
  }
}
