import { readdir, readFile } from 'node:fs/promises';

const folder = new URL('./shipped/', import.meta.url);

/** The definitions that come with the program: `shipped/<kind>/<name>.json`. */
export async function readShipped(): Promise<{ kind: string; name: string; content: unknown }[]> {
  const found = [];
  for (const kind of (await readdir(folder)).sort()) {
    const files = (await readdir(new URL(`${kind}/`, folder))).filter((file) => file.endsWith('.json')).sort();
    for (const file of files) {
      const content: unknown = JSON.parse(await readFile(new URL(`${kind}/${file}`, folder), 'utf8'));
      found.push({ kind, name: file.slice(0, -'.json'.length), content });
    }
  }
  return found;
}
