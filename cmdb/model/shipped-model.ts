import { type CompiledModel, compileModel } from '../domain/model/compile-model.ts';
import { readPacks } from './read-packs.ts';

let compiled: Promise<CompiledModel> | undefined;

/** The model that comes with the program, read once. */
export function shippedModel(): Promise<CompiledModel> {
  compiled ??= readPacks().then(compileModel);
  return compiled;
}
