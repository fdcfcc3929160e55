import type { MessageModel } from './model.ts';

/** The first bytes field in a message or below it: such a message has no form in JSON. */
export function findBytes(message: MessageModel, messages: ReadonlyMap<string, MessageModel>, seen = new Set<string>()): string | undefined {
  if (seen.has(message.fullName)) return undefined;
  seen.add(message.fullName);
  for (const { name, type } of message.fields) {
    if ('scalar' in type && type.scalar === 'bytes') return `${message.name}.${name}`;
    const inner = 'message' in type ? messages.get(type.message) : undefined;
    const found = inner && findBytes(inner, messages, seen);
    if (found) return found;
  }
  return undefined;
}
