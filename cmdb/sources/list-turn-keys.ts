import { AppError } from '../../platform/errors/app-error.ts';
import { type Attributes, readAttributes } from '../domain/attributes.ts';
import { listIdentifiers, toIdentifierKey } from '../domain/identify/list-identifiers.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { ItemInput } from './source-page.ts';

/** What two pages must not have in common when they are decided at once: keys of their source, and anything by which one item may be told. */
export function listTurnKeys(model: CompiledModel, source: string, items: readonly ItemInput[]): string[] {
  const keys = new Set(items.map(({ key }) => `key ${source} ${key}`));
  for (const { class: itemClass, name, attributes: text, lookups } of items) {
    const own = model.classes.get(itemClass);
    const attributes = own && tryToReadAttributes(text);
    if (!own || !attributes) continue;
    for (const identifier of listIdentifiers({ name, attributes, lookups }, own, { hostOf: () => undefined }).identifiers) {
      keys.add(toIdentifierKey(identifier));
    }
  }
  return [...keys];
}

/** Who cannot be read is told so when it is decided. */
function tryToReadAttributes(text: string | undefined): Attributes | undefined {
  if (text === undefined) return {};
  try {
    return readAttributes(text, '');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return undefined;
  }
}
