import { TextDecoder } from 'node:util';
import { SaxesParser } from 'saxes';
import type { SheetLimits } from '../limits.ts';
import { refuseFile } from '../refuse-file.ts';
import { asBroken } from './as-broken.ts';

/** Told of elements by their local names. */
export interface XmlHandlers {
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  /** All text of an element that has no elements, or a part of it. */
  text?(text: string): void;
  close?(name: string): void;
}

export async function readXml(source: AsyncIterable<Buffer>, limits: Pick<SheetLimits, 'rowBytes'>, handlers: XmlHandlers): Promise<void> {
  for await (const _ of streamXml(source, limits, () => handlers));
}

/**
 * Parses as the bytes come and gives, after each chunk, what the handlers have handed over. Refuses a document type, which no workbook has and whose entities
 * would unfold in memory, and one thing (`rowBytes`) that does not end.
 */
export async function* streamXml<T>(
  source: AsyncIterable<Buffer>,
  { rowBytes }: Pick<SheetLimits, 'rowBytes'>,
  handle: (give: (item: T) => void) => XmlHandlers,
): AsyncGenerator<T> {
  let given: T[] = [];
  let position = 0;
  let lastSign = 0;
  const sign = () => {
    lastSign = position;
  };
  const { open, text, close } = handle((item) => given.push(item));
  const parser = new SaxesParser();
  parser.on('doctype', () => {
    throw refuseFile('broken', { ru: 'в XML есть DOCTYPE.', en: 'its XML has a DOCTYPE.' });
  });
  parser.on('opentag', ({ name, attributes }) => {
    sign();
    open?.(localName(name), attributes);
  });
  if (text) {
    parser.on('text', text);
    parser.on('cdata', text);
  }
  parser.on('closetag', ({ name }) => {
    sign();
    close?.(localName(name));
  });

  let decoder: TextDecoder | undefined;
  for await (const chunk of source) {
    decoder ??= new TextDecoder(chunk[0] === 0xff && chunk[1] === 0xfe ? 'utf-16le' : chunk[0] === 0xfe && chunk[1] === 0xff ? 'utf-16be' : 'utf-8');
    position += chunk.length;
    if (position - lastSign > rowBytes)
      throw refuseFile('row_too_big', { ru: `больше ${rowBytes / 2 ** 20} МиБ.`, en: `more than ${rowBytes / 2 ** 20} MiB.` });
    feed(decoder.decode(chunk, { stream: true }));
    if (given.length === 0) continue;
    yield* given;
    given = [];
  }
  feed(undefined);
  yield* given;

  function feed(piece: string | undefined): void {
    try {
      if (piece === undefined) parser.close();
      else parser.write(piece);
    } catch (error) {
      asBroken(error);
    }
  }
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon === -1 ? name : name.slice(colon + 1);
}
