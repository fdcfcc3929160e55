/** A name, host name or address as it is compared: letter case, white space at the ends and the dots over ё make no difference. */
export function normaliseName(name: string): string {
  return name.normalize('NFC').trim().toLowerCase().replaceAll('ё', 'е');
}

/** Host names and addresses as an item keeps them: each once, in one order, none empty. */
export function tidyLookups(lookups: readonly string[]): string[] {
  const byName = new Map(lookups.map((lookup) => [normaliseName(lookup), lookup.normalize('NFC').trim()]));
  byName.delete('');
  return [...byName].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, lookup]) => lookup);
}
