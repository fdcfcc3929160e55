import { listIdentifiers, toIdentifierKey } from '../domain/identify/list-identifiers.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { type ItemInput, tryToRead } from './source-page.ts';

/** What two pages must not have in common when they are decided at once: keys of their source, and anything by which one item may be told. */
export function listTurnKeys(model: CompiledModel, source: string, items: readonly ItemInput[]): string[] {
  const keys = new Set(items.map(({ key }) => `key ${source} ${key}`));
  for (const item of items) {
    const own = model.classes.get(item.class);
    const record = own && tryToRead(item, '');
    if (!own || !record || !('hash' in record)) continue;
    const said = { name: item.name, attributes: record.attributes ?? {}, lookups: record.lookups };
    for (const identifier of listIdentifiers(said, own, { hostOf: () => undefined }).identifiers) keys.add(toIdentifierKey(identifier));
  }
  return [...keys];
}
