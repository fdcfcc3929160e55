import { setImmediate as nextTurn } from 'node:timers/promises';
import { Metadata, type MethodDefinition, Server, type ServerReadableStream, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import type { Clock } from '../clock/clock.ts';
import type { Contract } from '../contract/contract.ts';
import { AppError } from '../errors/app-error.ts';
import { currentTraceId, withTraceparent } from '../telemetry/tracing.ts';
import { asBuffer } from './as-buffer.ts';
import { BreakableStream } from './breakable-stream.ts';
import { readOptions, readTraceparent, writeDetail, writeReplayed } from './grpc-metadata.ts';
import type { ProofAdapter } from './mesh-proof.ts';
import { longestMessage, requireSize } from './message-size.ts';
import { brokenOff, stopping, toStatus } from './status.ts';
import { isEndMark, promisesEndMark } from './stream-end.ts';
import type { BoundMethod, BoundStream, Cancellation, IncomingStream, Reply, ServedOptions } from './transport.ts';

export interface GrpcServing {
  contract: Contract;
  clock: Clock;
  proof: ProofAdapter;
}

type UnaryCall = ServerUnaryCall<Buffer, Uint8Array>;
type StreamCall = ServerReadableStream<Buffer, Uint8Array>;
type Answer = sendUnaryData<Uint8Array>;

/** The serving half: methods of the contract, health and reflection on one port. */
export class GrpcServer {
  private readonly server = new Server({
    'grpc.max_receive_message_length': longestMessage,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.enable_channelz': 0,
  });
  private readonly health = new HealthImplementation({ '': 'SERVING' });
  private readonly services: string[] = [];
  private readonly coming = new Set<IncomingStream>();
  private underWay = 0;
  private becomeIdle: (() => void) | undefined;
  private draining = false;
  private readonly serving: GrpcServing;

  constructor(serving: GrpcServing) {
    this.serving = serving;
    this.health.addToServer(this.server);
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

  add(service: string, methods: Readonly<Record<string, BoundMethod>>, streams: Readonly<Record<string, BoundStream>>): void {
    const described = [
      ...Object.keys(methods).map((name) => [name, describeMethod(service, name, false)] as const),
      ...Object.keys(streams).map((name) => [name, describeMethod(service, name, true)] as const),
    ];
    const handlers = [
      ...Object.entries(methods).map(([name, bound]) => [name, this.handle(bound)] as const),
      ...Object.entries(streams).map(([name, bound]) => [name, this.handleStream(bound)] as const),
    ];
    this.server.addService(Object.fromEntries(described), Object.fromEntries(handlers));
    this.services.push(service);
    this.health.setStatus(service, 'SERVING');
  }

  async drain(): Promise<void> {
    this.draining = true;
    for (const service of ['', ...this.services]) this.health.setStatus(service, 'NOT_SERVING');
    this.server.tryShutdown(() => undefined); // tells those who are connected to go elsewhere
    for (const stream of this.coming) stream.breakOff(stopping());
    if (this.underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.becomeIdle = resolve;
    });
  }

  stop(): void {
    this.server.forceShutdown();
  }

  private handle(bound: BoundMethod) {
    return (call: UnaryCall, callback: Answer) => {
      this.underWay++;
      void withTraceparent(readTraceparent(call.metadata), () => this.answer((options) => bound(call.request, options), call, callback));
    };
  }

  private handleStream(bound: BoundStream) {
    const take = async (call: StreamCall, options: ServedOptions): Promise<Reply> => {
      const incoming: IncomingStream = new BreakableStream(readCall(call), brokenOff);
      this.coming.add(incoming);
      try {
        return await bound(incoming, options);
      } finally {
        this.coming.delete(incoming);
        incoming.breakOff(brokenOff());
      }
    };
    return (call: StreamCall, callback: Answer) => {
      this.underWay++;
      void withTraceparent(readTraceparent(call.metadata), () => this.answer((options) => take(call, options), call, callback));
    };
  }

  /** Never rejects: an error is an answer too. */
  private async answer(run: (options: ServedOptions) => Promise<Reply>, call: UnaryCall | StreamCall, callback: Answer): Promise<void> {
    const { clock, proof } = this.serving;
    try {
      if (this.draining) throw new AppError('unavailable', 'The service is stopping', { retryAfterSeconds: 1 });
      proof.require(call.metadata);
      const options = { ...readOptions(call.metadata, call.getDeadline(), clock), signal: new CancelledCall(call) };
      const { body, replayed } = await run(options);
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

/** The messages of a call up to its end; a stream without the end mark that it promised throws, as one that was reset does. */
async function* readCall(call: StreamCall): AsyncGenerator<Uint8Array, void> {
  const isMarked = promisesEndMark(call.metadata);
  for await (const message of call.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    if (isMarked && isEndMark(message)) return;
    yield message;
  }
  // A stream that is reset ends too, and grpc-js sees that it was reset only when it has something to send.
  call.sendMetadata(new Metadata());
  await nextTurn();
  if (isMarked || call.cancelled) throw brokenOff();
}

/** grpc-js says `cancelled` of every call that ends, so listeners are gone when the answer is there. */
class CancelledCall implements Cancellation {
  private readonly call: UnaryCall | StreamCall;

  constructor(call: UnaryCall | StreamCall) {
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
function describeMethod(service: string, name: string, requestStream: boolean): MethodDefinition<Uint8Array, Uint8Array> {
  return {
    path: `/${service}/${name}`,
    requestStream,
    responseStream: false,
    requestSerialize: asBuffer,
    requestDeserialize: (bytes) => bytes,
    responseSerialize: asBuffer,
    responseDeserialize: (bytes) => bytes,
  };
}
