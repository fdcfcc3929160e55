import { type MethodDefinition, Server, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { Clock } from '../clock/clock.ts';
import type { Contract } from '../contract/contract.ts';
import { AppError } from '../errors/app-error.ts';
import { currentTraceId, withTraceparent } from '../telemetry/tracing.ts';
import { asBuffer } from './as-buffer.ts';
import type { Health } from './grpc-health.ts';
import { readOptions, readTraceparent, writeDetail, writeReplayed } from './grpc-metadata.ts';
import type { ProofAdapter } from './mesh-proof.ts';
import { longestMessage, requireSize } from './message-size.ts';
import { toStatus } from './status.ts';
import type { BoundMethod, Cancellation } from './transport.ts';

export interface GrpcServing {
  contract: Contract;
  clock: Clock;
  proof: ProofAdapter;
  health: Health;
}

/** The serving half: methods of the contract, health and reflection on one port. */
export class GrpcServer {
  private readonly server = new Server({
    'grpc.max_receive_message_length': longestMessage,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // So that calls spread over new processes of the services behind one name.
    'grpc.max_connection_age_ms': 600_000,
    'grpc.max_connection_age_grace_ms': 30_000,
    'grpc.enable_channelz': 0,
  });
  private readonly services: string[] = [];
  private underWay = 0;
  private becomeIdle: (() => void) | undefined;
  private draining = false;
  private readonly serving: GrpcServing;

  constructor(serving: GrpcServing) {
    this.serving = serving;
    serving.health.implementation.addToServer(this.server);
    new ReflectionService(serving.contract.definitions).addToServer(this.server);
  }

  async listen(host: string, port: number): Promise<number> {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return await new Promise((resolve, reject) => {
      this.server.bindAsync(address, this.serving.proof.server, (error, bound) => {
        if (error) reject(new Error(`gRPC cannot listen on ${address}: ${error.message}`, { cause: error }));
        else resolve(bound);
      });
    });
  }

  add(service: string, methods: Readonly<Record<string, BoundMethod>>): void {
    const names = Object.keys(methods);
    const handlers = Object.entries(methods).map(([name, bound]) => [name, this.handle(bound)] as const);
    this.server.addService(Object.fromEntries(names.map((name) => [name, describeMethod(service, name)])), Object.fromEntries(handlers));
    this.services.push(service);
    this.serving.health.set(service, true);
  }

  async drain(): Promise<void> {
    this.draining = true;
    for (const service of ['', ...this.services]) this.serving.health.set(service, false);
    this.server.tryShutdown(() => undefined); // tells those who are connected to go elsewhere
    if (this.underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.becomeIdle = resolve;
    });
  }

  stop(): void {
    this.server.forceShutdown();
  }

  private handle(bound: BoundMethod) {
    return (call: ServerUnaryCall<Buffer, Uint8Array>, callback: sendUnaryData<Uint8Array>) => {
      this.underWay++;
      void withTraceparent(readTraceparent(call.metadata), () => this.answer(bound, call, callback));
    };
  }

  /** Never rejects: an error is an answer too. */
  private async answer(bound: BoundMethod, call: ServerUnaryCall<Buffer, Uint8Array>, callback: sendUnaryData<Uint8Array>): Promise<void> {
    const { clock, proof } = this.serving;
    try {
      if (this.draining) throw new AppError('unavailable', 'The service is stopping', { retryAfterSeconds: 1 });
      proof.require(call.metadata);
      const options = { ...readOptions(call.metadata, call.getDeadline(), clock), signal: new CancelledCall(call) };
      const { body, replayed } = await bound(call.request, options);
      requireSize('answer', body);
      if (replayed) call.sendMetadata(writeReplayed());
      callback(null, body);
    } catch (error) {
      const status = toStatus(error, currentTraceId());
      callback({ code: status.code, details: status.message, ...writeDetail(status) });
    } finally {
      if (--this.underWay === 0) this.becomeIdle?.();
    }
  }
}

/** grpc-js says `cancelled` of every call that ends, so listeners are gone when the answer is there. */
class CancelledCall implements Cancellation {
  private readonly call: ServerUnaryCall<Buffer, Uint8Array>;

  constructor(call: ServerUnaryCall<Buffer, Uint8Array>) {
    this.call = call;
  }

  get aborted(): boolean {
    return this.call.cancelled;
  }

  addEventListener(_: 'abort', listener: () => void): void {
    this.call.on('cancelled', listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.call.off('cancelled', listener);
  }
}

/** The contract encodes: what grpc-js carries are the bytes as they are. */
function describeMethod(service: string, name: string): MethodDefinition<Uint8Array, Uint8Array> {
  return {
    path: `/${service}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: asBuffer,
    requestDeserialize: (bytes) => bytes,
    responseSerialize: asBuffer,
    responseDeserialize: (bytes) => bytes,
  };
}
