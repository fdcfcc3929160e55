/**
 * A telephone number as E.164 (`+78612345678`); undefined when it cannot be one. Numbers of other countries begin with + or 00; those of Russia and
 * Kazakhstan may also begin with 8 or 7, or leave that out, as people there write them. Spaces, brackets, dots and dashes say nothing.
 */
export function normalisePhone(text: string): string | undefined {
  const bare = text.replace(/[\s().‐‑–—-]/gu, '');
  const international = /^(?:\+|00)([1-9]\d{6,14})$/.exec(bare)?.[1];
  if (international !== undefined) return international.startsWith('7') && international.length !== 11 ? undefined : `+${international}`;
  const national = /^[78]?([3-9]\d{9})$/.exec(bare)?.[1];
  return national === undefined ? undefined : `+7${national}`;
}
