/** Characters that no file can have in its name everywhere: what parts paths, what shells and Windows take for more, and what cannot be seen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unfit = /[\u0000-\u001f\u007f-\u009f/\\:*?"<>|]/g;

/**
 * `Content-Disposition` of a file to be saved, RFC 6266: under its own name for who reads `filename*` (RFC 8187), under what ASCII has of it for
 * all others. Never shown within a page: what people have put into a file would be of this hub's origin there.
 */
export function contentDisposition(name: string | undefined): string {
  if (name === undefined || name === '') return 'attachment';
  const whole = name.toWellFormed().replace(unfit, '_');
  const ascii = whole.replace(/[^\x20-\x7e]/gu, '_').replaceAll('%', '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encode(whole)}`;
}

/** encodeURIComponent leaves four characters that RFC 8187 does not. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
