import type { FieldViolation } from '../errors/app-error.ts';
import { HttpRefusal } from './problem.ts';

const deepest = 32;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The JSON value of a body, or of what else `what` calls it. Throws HttpRefusal `malformed` for broken UTF-8, bad JSON, more than 32 levels, a `__proto__`, and for text that no record can
 * hold (U+0000, half of a surrogate pair). A byte order mark is passed over: 1C writes one.
 */
export function parseJson(bytes: Uint8Array, what = 'The body'): unknown {
  refuseDepth(bytes, what);
  const text = decodeText(bytes, what);
  const value = parse(text, what);
  // Only an escape can bring in what is looked for below, or the name itself: most bodies hold neither and are not walked.
  if (text.includes('\\u') || text.includes('__proto__')) {
    const violations: FieldViolation[] = [];
    collectBadText(value, '', violations);
    if (violations.length > 0) throw new HttpRefusal('malformed', `${what} holds what no JSON of this hub may hold.`, { violations });
  }
  return value;
}

/** Before parsing, because parsing a million brackets already costs time and memory. */
function refuseDepth(bytes: Uint8Array, what: string): void {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (inText) {
      if (byte === 0x5c) index++;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > deepest) throw new HttpRefusal('malformed', `${what} is nested deeper than ${deepest} levels.`);
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}

function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new HttpRefusal('malformed', `${what} is not UTF-8. Send it in UTF-8.`);
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpRefusal('malformed', `${what} is not JSON: ${(error as SyntaxError).message}`);
  }
}

function collectBadText(value: unknown, pointer: string, violations: FieldViolation[]): void {
  if (typeof value === 'string') {
    const fault = faultOfText(value);
    if (fault !== undefined) violations.push({ pointer, message: fault });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const fault = key === '__proto__' ? 'is not a name that a field can have' : faultOfText(key);
      if (fault !== undefined) violations.push({ pointer: at.toWellFormed(), message: fault });
      collectBadText(child, at, violations);
    }
  }
}

/** What is wrong with a text that no record could hold, or nothing. */
export function faultOfText(text: string): string | undefined {
  if (text.includes('\0')) return 'must not contain the character U+0000';
  if (!text.isWellFormed()) return 'must not contain half of a surrogate pair';
  return undefined;
}
