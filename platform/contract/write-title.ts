interface Title {
  ru: string;
  en: string;
}

/** The line of an event in both languages: `{field}` is the text, number or boolean of that name; one that is not there is nothing. */
export function writeTitle(title: Title, words: Readonly<Record<string, unknown>>): Title {
  const fill = (text: string) =>
    text.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => (Object.hasOwn(words, name) ? toText(words[name]) : '')).trim();
  return { ru: fill(title.ru), en: fill(title.en) };
}

function toText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
