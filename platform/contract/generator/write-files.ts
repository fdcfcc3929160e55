import type { ContractModel } from './model.ts';
import { writeAsyncapi } from './write-asyncapi.ts';
import { writeContract } from './write-contract.ts';
import { writeOpenapi } from './write-openapi.ts';
import { writeTypes } from './write-types.ts';

/** Everything that stands in generated/, by path. */
export function writeFiles(model: ContractModel): Map<string, string> {
  const files = new Map<string, string>();
  for (const file of model.files) files.set(`${file.name}.ts`, writeTypes(file, model));
  files.set('contract.json', JSON.stringify(writeContract(model)));
  files.set('openapi.json', JSON.stringify(writeOpenapi(model)));
  files.set('asyncapi.json', JSON.stringify(writeAsyncapi(model)));
  return files;
}
