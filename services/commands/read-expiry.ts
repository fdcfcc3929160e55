const lengths: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** `90d`, `12h`, `4w` from `now` on, or a moment as it stands; RFC 3339. Throws when it is neither or is not in the future. */
export function readExpiry(text: string, now: number): string {
  const [, count, unit = ''] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  const isMoment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const at = count !== undefined ? now + Number(count) * (lengths[unit] ?? 0) : isMoment ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new Error(`"${text}" is no time to end at. Write 90d, 12h, 4w or 2027-01-31T00:00:00Z.`);
  if (at <= now) throw new Error(`"${text}" is over already.`);
  return new Date(at).toISOString();
}
