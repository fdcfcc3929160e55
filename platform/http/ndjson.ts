import { HttpRefusal } from './problem.ts';

/** One line of NDJSON with something in it. */
export interface Line {
  /** From 1; lines without anything count too. */
  number: number;
  bytes: Uint8Array;
}

const lineFeed = 0x0a;
const blanks: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d]);
const byteOrderMark = [0xef, 0xbb, 0xbf];

/**
 * The lines of a body as its chunks come; what is held is one line at most. A carriage return before the line feed and a byte order mark at the
 * beginning are passed over, the last line may end without a line feed. Throws HttpRefusal `payload_too_large` for a line of more bytes than `longest`.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<Line, void> {
  let number = 1;
  let pieces: Uint8Array[] = [];
  let size = 0;

  const hold = (piece: Uint8Array) => {
    size += piece.length;
    if (size > longest) throw tooLong(number, longest);
    if (piece.length > 0) pieces.push(piece);
  };
  const finish = (): Line | undefined => {
    if (size === 0) {
      number++;
      return undefined;
    }
    const whole = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces, size);
    const bytes = number === 1 ? withoutMark(whole) : whole;
    const line = bytes.every((byte) => blanks.has(byte)) ? undefined : { number, bytes };
    number++;
    pieces = [];
    size = 0;
    return line;
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      if (end > start) hold(chunk.subarray(start, end));
      start = end + 1;
      const line = finish();
      if (line) yield line;
    }
    hold(chunk.subarray(start));
  }
  const last = finish();
  if (last) yield last;
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return byteOrderMark.every((byte, index) => bytes[index] === byte) ? bytes.subarray(byteOrderMark.length) : bytes;
}

function tooLong(line: number, longest: number): HttpRefusal {
  const message = `Line ${line} has more than ${longest} bytes. Send it in smaller parts.`;
  return new HttpRefusal('payload_too_large', message, { violations: [{ line, pointer: '', message: `has more than ${longest} bytes` }] });
}
