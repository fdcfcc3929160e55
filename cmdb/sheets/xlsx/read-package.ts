import { posix } from 'node:path';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import type { SheetLimits } from '../limits.ts';
import { refuseFile } from '../refuse-file.ts';
import { asBroken } from './as-broken.ts';
import { readXml } from './read-xml.ts';

/** The parts of a workbook by their paths. Throws `refuseFile` for what is too big, packed too tightly, encrypted or broken. */
export interface Package {
  has(path: string): boolean;
  /** Unpacks a part while it is read. */
  readPart(path: string): AsyncIterable<Buffer>;
  /** One that is small by nature. */
  readSmallPart(path: string): AsyncIterable<Buffer>;
  /** Where the relations of a part lead, by id and by the last word of their type. Relations to outside are left out. */
  readRelations(path: string): Promise<Relation[]>;
  close(): void;
}

export interface Relation {
  id: string;
  /** `worksheet`, `sharedStrings`, `styles` …: strict and transitional workbooks differ only in what stands before. */
  type: string;
  path: string;
}

export async function openPackage(file: string, limits: SheetLimits): Promise<Package> {
  const zip = await openPromise(file, { autoClose: false, lazyEntries: true }).catch(asBroken);
  try {
    const entries = await listEntries(zip, limits);
    const find = (path: string) => entries.get(path.toLowerCase());
    const readPart = (path: string) => unpack(zip, find(path), path, limits);
    const readSmallPart = (path: string) => unpack(zip, find(path), path, { ...limits, partBytes: limits.smallPartBytes });
    return {
      has: (path) => find(path) !== undefined,
      readPart,
      readSmallPart,
      readRelations: (path) => readRelations(path, { has: (name) => find(name) !== undefined, readSmallPart }, limits),
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

/** Names differ in letter case between what writes workbooks and what they write in them. */
async function listEntries(zip: ZipFile, { parts }: SheetLimits): Promise<ReadonlyMap<string, Entry>> {
  if (zip.entryCount > parts) throw refuseFile('too_many_parts', { ru: `${zip.entryCount}.` });
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName.toLowerCase(), entry);
  } catch (error) {
    asBroken(error);
  }
  return entries;
}

/** The sizes that the archive declares are those that yauzl lets through, so they are judged before anything is unpacked. */
async function* unpack(zip: ZipFile, entry: Entry | undefined, path: string, limits: SheetLimits): AsyncGenerator<Buffer> {
  if (!entry) throw refuseFile('broken', { ru: `нет части ${path}.`, en: `the part ${path} is missing.` });
  if (entry.isEncrypted()) throw refuseFile('encrypted');
  const { uncompressedSize, compressedSize } = entry;
  const size = `${path}, ${Math.round(uncompressedSize / 2 ** 20)} `;
  if (uncompressedSize > limits.partBytes) throw refuseFile('part_too_big', { ru: `${size}МиБ.`, en: `${size}MiB.` });
  if (uncompressedSize > limits.smallPartBytes && uncompressedSize > compressedSize * limits.ratio) {
    const times = Math.round(uncompressedSize / Math.max(1, compressedSize));
    throw refuseFile('packed_too_tightly', { ru: `${path}, в ${times} раз.`, en: `${path}, ${times} times.` });
  }
  try {
    yield* (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>;
  } catch (error) {
    asBroken(error);
  }
}

async function readRelations(path: string, parts: Pick<Package, 'has' | 'readSmallPart'>, limits: SheetLimits): Promise<Relation[]> {
  const relationsPath = posix.join(posix.dirname(path), '_rels', `${posix.basename(path)}.rels`);
  if (!parts.has(relationsPath)) return [];
  const relations: Relation[] = [];
  const folder = posix.dirname(path);
  await readXml(parts.readSmallPart(relationsPath), limits, {
    open(name, attributes) {
      if (name !== 'Relationship' || attributes['TargetMode'] === 'External') return;
      const { Id: id = '', Type: type = '', Target: target = '' } = attributes;
      relations.push({
        id,
        type: type.slice(type.lastIndexOf('/') + 1),
        path: target.startsWith('/') ? target.slice(1) : posix.join(folder, target),
      });
    },
  });
  return relations;
}
