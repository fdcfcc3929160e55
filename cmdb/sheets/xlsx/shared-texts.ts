import type { SheetLimits } from '../limits.ts';
import { refuseFile } from '../refuse-file.ts';
import { decodeText } from './decode-text.ts';
import { readXml } from './read-xml.ts';

/** The texts that cells name by number. Kept as bytes, outside the heap. */
export interface SharedTexts {
  at(index: number): string | undefined;
}

export const noSharedTexts: SharedTexts = { at: () => undefined };

export async function readSharedTexts(source: AsyncIterable<Buffer>, limits: SheetLimits): Promise<SharedTexts> {
  const store = keepTexts(limits.sharedTextBytes);
  let [current, isText, isPhonetic] = ['', false, false];
  await readXml(source, limits, {
    open(name) {
      if (name === 'si') current = '';
      else if (name === 'rPh') isPhonetic = true;
      else if (name === 't') isText = !isPhonetic;
    },
    text(text) {
      if (isText) current = addText(current, text, limits);
    },
    close(name) {
      if (name === 't') isText = false;
      else if (name === 'rPh') isPhonetic = false;
      else if (name === 'si') store.add(decodeText(current));
    },
  });
  return store;
}

export function addText(before: string, more: string, { rowBytes }: Pick<SheetLimits, 'rowBytes'>): string {
  if (before.length + more.length > rowBytes)
    throw refuseFile('row_too_big', { ru: `больше ${rowBytes / 2 ** 20} МиБ.`, en: `more than ${rowBytes / 2 ** 20} MiB.` });
  return before + more;
}

const blockBytes = 2 ** 20;

function keepTexts(mostBytes: number): SharedTexts & { add(text: string): void } {
  const blocks: Buffer[] = [];
  let block = Buffer.allocUnsafe(blockBytes);
  let used = 0;
  let total = 0;
  /** Number of the block times its usual size, and the place in it. No text spans two blocks, and one that is longer has a block of its own. */
  let places = new Uint32Array(1024);
  let lengths = new Uint32Array(1024);
  let count = 0;

  const grow = (array: Uint32Array) => {
    const larger = new Uint32Array(array.length * 2);
    larger.set(array);
    return larger;
  };
  const add = (text: string) => {
    const length = Buffer.byteLength(text);
    total += length + 8;
    if (total > mostBytes) throw refuseFile('too_many_texts', { ru: `${mostBytes / 2 ** 20} МиБ.`, en: `${mostBytes / 2 ** 20} MiB.` });
    if (blocks.length === 0 || used + length > block.length) {
      block = Buffer.allocUnsafe(Math.max(blockBytes, length));
      blocks.push(block);
      used = 0;
    }
    if (count === places.length) [places, lengths] = [grow(places), grow(lengths)];
    block.write(text, used);
    places[count] = (blocks.length - 1) * blockBytes + used;
    lengths[count] = length;
    used += length;
    count += 1;
  };
  return {
    add,
    at(index) {
      if (!(index >= 0 && index < count)) return undefined;
      const place = places[index] ?? 0;
      const offset = place % blockBytes;
      return blocks[(place - offset) / blockBytes]?.toString('utf8', offset, offset + (lengths[index] ?? 0));
    },
  };
}
