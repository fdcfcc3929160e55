import type { BodyBytes, Contract, MethodContract } from '../contract/contract.ts';
import { AppError, type FieldViolation } from '../errors/app-error.ts';

/** Reads the messages of one stream out of their bytes; `number` counts from 1. Throws AppError `invalid_input`. */
export type ReadMessage = (bytes: Uint8Array, number: number) => object;

/** Every message is checked by itself; of a file the first one is, and those after it carry bytes alone. */
export function messageReader({ request, bodyBytes }: MethodContract, contract: Contract): ReadMessage {
  const decode = (bytes: Uint8Array, number: number): object => {
    try {
      return contract.decode(request, bytes);
    } catch (error) {
      throw new AppError('invalid_input', `The bytes of message ${number} of the stream are no ${request}`, { cause: error });
    }
  };
  const requireFit = (violations: FieldViolation[], number: number) => {
    if (violations.length > 0) throw new AppError('invalid_input', `Message ${number} of the stream does not fit ${request}`, { violations });
  };
  if (!bodyBytes) {
    return (bytes, number) => {
      const message = decode(bytes, number);
      requireFit(contract.violations(request, message), number);
      return message;
    };
  }
  let size = 0;
  return (bytes, number) => {
    const message = decode(bytes, number);
    requireFit(number === 1 ? contract.violations(request, message) : fieldsBeside(message, bodyBytes), number);
    size += lengthOf(message, bodyBytes);
    if (size > bodyBytes.most) throw new AppError('invalid_input', tooManyBytes(bodyBytes));
    return message;
  };
}

export function tooManyBytes({ most }: BodyBytes): string {
  return `The file has more than ${most} bytes, and more are not taken here. Send it in parts, each a file of its own.`;
}

function fieldsBeside(message: object, { field }: BodyBytes): FieldViolation[] {
  return Object.entries(message)
    .filter(([name, value]) => name !== field && !isDefault(value))
    .map(([name]) => ({ pointer: `/${name}`, message: `${name} stands in the first message: leave it out of those after it` }));
}

/** What decoding gives for a field that nobody wrote. */
function isDefault(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

function lengthOf(message: object, { field }: BodyBytes): number {
  const bytes = (message as Readonly<Record<string, unknown>>)[field];
  return bytes instanceof Uint8Array ? bytes.length : 0;
}
