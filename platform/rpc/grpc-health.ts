import type { MethodDefinition } from '@grpc/grpc-js';
import { HealthImplementation, service } from 'grpc-health-check';
import { asBuffer } from './as-buffer.ts';

/** The standard health service, https://github.com/grpc/grpc/blob/master/doc/health-checking.md: the process as a whole is the empty name. */
export interface Health {
  implementation: HealthImplementation;
  set(name: string, serves: boolean): void;
}

export function createHealth(): Health {
  const implementation = new HealthImplementation({ '': 'SERVING' });
  return { implementation, set: (name, serves) => implementation.setStatus(name, serves ? 'SERVING' : 'NOT_SERVING') };
}

// grpc-health-check types its definition as untyped methods; the shape is that of grpc/health/v1/health.proto.
const { List: list } = service as unknown as { List: MethodDefinition<object, { statuses: Record<string, { status: string }> }> };

/** How to ask another process for all that it tells. */
export const healthList = {
  path: '/grpc.health.v1.Health/List',
  request: new Uint8Array(),
  /** By name, whether it serves. */
  read(answer: Uint8Array): Record<string, boolean> {
    const { statuses } = list.responseDeserialize(asBuffer(answer));
    return Object.fromEntries(Object.entries(statuses).map(([name, { status }]) => [name, status === 'SERVING']));
  },
};
