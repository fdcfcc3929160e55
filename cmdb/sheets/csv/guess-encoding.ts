import { createReadStream } from 'node:fs';

export const encodings = ['utf-8', 'windows-1251', 'utf-16le', 'utf-16be'] as const;
export type Encoding = (typeof encodings)[number];

/** By its byte order mark; without one UTF-8 when all of it is valid, else the encoding of Russian Windows. `isGuessed` where nothing proves it. */
export async function guessEncoding(path: string, head: Buffer): Promise<{ encoding: Encoding; isGuessed: boolean }> {
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', isGuessed: false };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', isGuessed: false };
  if (await isUtf8(path)) return { encoding: 'utf-8', isGuessed: false };
  return { encoding: 'windows-1251', isGuessed: true };
}

/** Whether all of it is: one Russian name far down in a list of numbers decides. */
async function isUtf8(path: string): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) decoder.decode(chunk, { stream: true });
    decoder.decode();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return false;
    throw error;
  }
}
