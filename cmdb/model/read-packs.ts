import { readdir, readFile } from 'node:fs/promises';
import type { ClassDefinition, Label, ModelDefinition, RelationTypeDefinition } from '../domain/model/model.ts';

/** One file of `packs/`: classes and types of relations, and what else the types of other packs may tie. */
interface Pack {
  name: string;
  label: Label;
  classes: ClassDefinition[];
  relationTypes?: RelationTypeDefinition[];
  /** By type of relation. */
  ends?: Record<string, RelationTypeDefinition['ends']>;
}

const folder = new URL('./packs/', import.meta.url);

/** The model that comes with the program: all of its packs together. */
export async function readPacks(): Promise<ModelDefinition> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const packs = await Promise.all(files.map(async (file): Promise<Pack> => JSON.parse(await readFile(new URL(file, folder), 'utf8'))));
  return {
    classes: packs.flatMap(({ classes }) => classes),
    relationTypes: packs
      .flatMap(({ relationTypes = [] }) => relationTypes)
      .map((type) => ({ ...type, ends: [...type.ends, ...packs.flatMap(({ ends = {} }) => ends[type.name] ?? [])] })),
  };
}
