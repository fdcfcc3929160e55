import { findFlaw } from '../identify/find-flaw.ts';
import { isNumberOfTheThing, type Kind, kindOf } from '../identify/kind-of.ts';
import { normalise } from '../identify/normalise.ts';
import { isPlaceholder } from '../identify/placeholders.ts';
import type { CompiledModel } from '../model/compile-model.ts';

/** What a code may be: an identifier, or the first part of one that has several (a serial number without its maker). */
export interface Reading {
  scheme: string;
  value: string;
  isPart: boolean;
}

interface Readable {
  scheme: string;
  kind: Kind;
  isPart: boolean;
}

const known = new WeakMap<CompiledModel, readonly Readable[]>();

/** All that a code on a label may be by the identifiers of the model's classes. */
export function readCode(code: string, model: CompiledModel): Reading[] {
  const readable = known.get(model) ?? listReadable(model);
  known.set(model, readable);
  return readable.flatMap(({ scheme, kind, isPart }) => {
    const value = normalise(kind, code);
    const isUsable = value !== '' && !isPlaceholder(kind, code, value) && findFlaw(kind, value) === undefined;
    return isUsable ? [{ scheme, value: isPart ? value.replaceAll('|', '/') : value, isPart }] : [];
  });
}

/** Names and places stand on no label; what is told within a host needs the host. */
function listReadable({ classes }: CompiledModel): Readable[] {
  const all = new Map<string, Readable>();
  for (const { identifiers, attributes } of classes.values()) {
    for (const entry of identifiers) {
      const kinds = entry.attributes.map((attribute) => kindOf(attribute, entry.scheme, attributes.get(attribute)));
      const [kind] = kinds;
      if (kind === undefined || kind === 'name' || !isNumberOfTheThing(entry, kinds)) continue;
      all.set(`${entry.scheme} ${kind}`, { scheme: entry.scheme, kind, isPart: kinds.length > 1 });
    }
  }
  return [...all.values()];
}
