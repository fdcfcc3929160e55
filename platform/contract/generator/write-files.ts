import type { ContractModel } from './model.ts';
import { writeContract } from './write-contract.ts';
import { writeTypes } from './write-types.ts';

/** Everything that stands in generated/, by path. */
export function writeFiles(model: ContractModel): Map<string, string> {
  const files = new Map<string, string>();
  for (const file of model.files) files.set(`${file.name}.ts`, writeTypes(file, model));
  const contract = writeContract(model);
  files.set('contract.json', JSON.stringify(contract));
  return files;
}
