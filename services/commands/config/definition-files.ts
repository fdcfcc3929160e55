import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, stringify } from 'yaml';

/** A definition as a file holds it: `<kind>/<name>.yaml` is its content. */
export interface WrittenDefinition {
  kind: string;
  name: string;
  content: unknown;
}

/** A definition with its place: where in which file something of it stands. */
export interface ReadDefinition extends WrittenDefinition {
  /** `lifecycles/incident.yaml:12`, of a JSON pointer into the content, or of what is nearest above it. */
  place(pointer: string): string;
}

/** Everything that is wrong with files, each with its line; nothing was done. */
export class BrokenFiles extends Error {
  constructor(faults: readonly string[]) {
    super(
      [`${faults.length === 1 ? 'A file cannot' : 'Files cannot'} be read; nothing was changed.`, ...faults.map((fault) => `  ${fault}`)].join('\n'),
    );
  }
}

/** The definitions of a folder, by kind and name. Throws BrokenFiles with every mistake of every file. */
export async function readDefinitionFiles(folder: string): Promise<ReadDefinition[]> {
  const found: ReadDefinition[] = [];
  const faults: string[] = [];
  for (const kind of (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))) {
    for (const file of (await readdir(join(folder, kind.name))).filter((name) => /\.ya?ml$/.test(name))) {
      const path = `${kind.name}/${file}`;
      const lines = new LineCounter();
      const document = parseDocument(await readFile(join(folder, path), 'utf8'), { lineCounter: lines, prettyErrors: false });
      const lineOf = (offset: number) => `${path}:${lines.linePos(offset).line}`;
      faults.push(...document.errors.map(({ pos, message }) => `${lineOf(pos[0])}: ${message}`));
      if (document.errors.length > 0) continue;
      if (!isMap(document.contents)) faults.push(`${path}:1: a definition is a map of names to values`);
      else
        found.push({
          kind: kind.name,
          name: file.replace(/\.ya?ml$/, ''),
          content: document.toJS(),
          place: (pointer) => lineOf(findOffset(document, pointer)),
        });
    }
  }
  if (faults.length > 0) throw new BrokenFiles(faults);
  return found.sort((one, other) => compare(one.kind, other.kind) || compare(one.name, other.name));
}

/** Writes each definition into its file, in an order that does not depend on who wrote it. Gives the files' paths within the folder. */
export async function writeDefinitionFiles(folder: string, definitions: readonly WrittenDefinition[]): Promise<string[]> {
  const paths: string[] = [];
  for (const { kind, name, content } of definitions) {
    const path = `${kind}/${name}.yaml`;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), stringify(inOrder(content), { lineWidth: 120 }));
    paths.push(path);
  }
  return paths;
}

/** What a reader wants first comes first, the rest by name: the same content is the same text. */
const first = ['title', 'name', 'ru', 'en'];

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const rank = (key: string) => (first.includes(key) ? first.indexOf(key) : first.length);
  const entries = Object.entries(value).sort(([one], [other]) => rank(one) - rank(other) || compare(one, other));
  return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)]));
}

/** Where what the pointer names begins, or what is nearest above it. */
function findOffset({ contents }: Document, pointer: string): number {
  let node: unknown = contents;
  let offset = rangeOf(node) ?? 0;
  for (const segment of pointer.split('/').slice(1)) {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isMap(node)) {
      const pair: unknown = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (!isPair(pair)) break;
      offset = rangeOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = rangeOf(node) ?? offset;
    } else break;
  }
  return offset;
}

function rangeOf(node: unknown): number | undefined {
  return (node as Node | undefined)?.range?.[0];
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
