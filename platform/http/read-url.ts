import type { Request } from 'express';
import { AppError } from '../errors/app-error.ts';
import { faultOfText } from './json-body.ts';
import { HttpRefusal } from './problem.ts';

/** The query, every value of a name in its order. Throws HttpRefusal `malformed` for broken percent-encoding, which others pass over in silence. */
export function readQuery({ url }: Pick<Request, 'url'>): Record<string, string[]> {
  const query: Record<string, string[]> = Object.create(null);
  const start = url.indexOf('?');
  if (start === -1) return query;
  for (const part of url.slice(start + 1).split('&')) {
    if (part === '') continue;
    const [name = '', ...rest] = part.split('=');
    const key = decode(name.replaceAll('+', ' '));
    (query[key] ??= []).push(storable(decode(rest.join('=').replaceAll('+', ' ')), `/${key}`));
  }
  return query;
}

/** The fields that stand in the path, as Express found them. */
export function readPathParameters({ params }: Pick<Request, 'params'>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, storable(String(value), `/${name}`)]));
}

/** Percent-decoded. Throws HttpRefusal `malformed`. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new HttpRefusal('malformed', 'The path or its query is not encoded as a URL must be: a % begins two hexadecimal digits of UTF-8.');
  }
}

function storable(text: string, pointer: string): string {
  const message = faultOfText(text);
  if (message !== undefined) throw new AppError('invalid_input', 'One field does not fit.', { violations: [{ pointer, message }] });
  return text;
}
