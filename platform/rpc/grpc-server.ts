import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  Metadata,
  type MethodDefinition,
  Server,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { Clock } from '../clock/clock.ts';
import type { Contract } from '../contract/contract.ts';
import { AppError } from '../errors/app-error.ts';
import { currentTraceId, withTraceparent } from '../telemetry/tracing.ts';
import { asBuffer } from './as-buffer.ts';
import { BreakableCall } from './breakable-call.ts';
import { BreakableStream } from './breakable-stream.ts';
import type { Health } from './grpc-health.ts';
import { readOptions, readTraceparent, writeDetail, writeReplayed } from './grpc-metadata.ts';
import type { ProofAdapter } from './mesh-proof.ts';
import { longestMessage, requireSize } from './message-size.ts';
import { brokenOff, cancelled, stopping, toStatus } from './status.ts';
import { isEndMark, promisesEndMark } from './stream-end.ts';
import type { BoundAnswers, BoundMethod, BoundStream, BoundStreams, Cancellation, IncomingStream, Reply, ServedOptions } from './transport.ts';

export interface GrpcServing {
  contract: Contract;
  clock: Clock;
  proof: ProofAdapter;
  health: Health;
}

type UnaryCall = ServerUnaryCall<Buffer, Uint8Array>;
type StreamCall = ServerReadableStream<Buffer, Uint8Array>;
type AnswersCall = ServerWritableStream<Buffer, Uint8Array>;
type Answer = sendUnaryData<Uint8Array>;

/** The serving half: methods of the contract, health and reflection on one port. */
export class GrpcServer {
  private readonly server = new Server({
    'grpc.max_receive_message_length': longestMessage,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.enable_channelz': 0,
  });
  private readonly services: string[] = [];
  private readonly streams = new Set<Pick<IncomingStream, 'breakOff'>>();
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

  add(service: string, methods: Readonly<Record<string, BoundMethod>>, { taking = {}, giving = {} }: BoundStreams): void {
    const handlers = [
      ...Object.entries(methods).map(([name, bound]) => [describeMethod(service, name, {}), this.handle(bound)] as const),
      ...Object.entries(taking).map(([name, bound]) => [describeMethod(service, name, { requestStream: true }), this.handleStream(bound)] as const),
      ...Object.entries(giving).map(([name, bound]) => [describeMethod(service, name, { responseStream: true }), this.handleAnswers(bound)] as const),
    ];
    const described = handlers.map(([description]) => [description.path, description]);
    this.server.addService(Object.fromEntries(described), Object.fromEntries(handlers.map(([{ path }, handler]) => [path, handler])));
    this.services.push(service);
    this.serving.health.set(service, true);
  }

  async drain(): Promise<void> {
    this.draining = true;
    for (const service of ['', ...this.services]) this.serving.health.set(service, false);
    this.server.tryShutdown(() => undefined); // tells those who are connected to go elsewhere
    for (const stream of this.streams) stream.breakOff(stopping());
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
      this.streams.add(incoming);
      try {
        return await bound(incoming, options);
      } finally {
        this.streams.delete(incoming);
        incoming.breakOff(brokenOff());
      }
    };
    return (call: StreamCall, callback: Answer) => {
      this.underWay++;
      void withTraceparent(readTraceparent(call.metadata), () => this.answer((options) => take(call, options), call, callback));
    };
  }

  private handleAnswers(bound: BoundAnswers) {
    return (call: AnswersCall) => {
      this.underWay++;
      void withTraceparent(readTraceparent(call.metadata), () => this.giveAnswers(bound, call));
    };
  }

  /** Never rejects: an error ends the stream, and its reader hears it. */
  private async giveAnswers(bound: BoundAnswers, call: AnswersCall): Promise<void> {
    const outgoing = new BreakableCall();
    call.once('cancelled', () => outgoing.breakOff(cancelled()));
    this.streams.add(outgoing);
    try {
      await bound(call.request, { ...this.readCaller(call), signal: outgoing.signal }, async (answer) => {
        requireSize('answer', answer);
        // Called when HTTP/2 has sent it, as its reader has room. When the call is cancelled it is not: the signal tells `bound`.
        await new Promise<void>((resolve) => call.write(answer, () => resolve()));
      });
      call.end();
    } catch (error) {
      const status = toStatus(outgoing.explain(error), currentTraceId());
      call.emit('error', { code: status.code, details: status.message, ...writeDetail(status) });
    } finally {
      this.streams.delete(outgoing);
      if (--this.underWay === 0) this.becomeIdle?.();
    }
  }

  private readCaller(call: UnaryCall | StreamCall | AnswersCall): ServedOptions {
    if (this.draining) throw new AppError('unavailable', 'The service is stopping', { retryAfterSeconds: 1 });
    this.serving.proof.require(call.metadata);
    return readOptions(call.metadata, call.getDeadline(), this.serving.clock);
  }

  /** Never rejects: an error is an answer too. */
  private async answer(run: (options: ServedOptions) => Promise<Reply>, call: UnaryCall | StreamCall, callback: Answer): Promise<void> {
    try {
      const { body, replayed } = await run({ ...this.readCaller(call), signal: new CancelledCall(call) });
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
function describeMethod(service: string, name: string, streams: { requestStream?: true; responseStream?: true }) {
  return {
    path: `/${service}/${name}`,
    requestStream: false,
    responseStream: false,
    ...streams,
    requestSerialize: asBuffer,
    requestDeserialize: (bytes) => bytes,
    responseSerialize: asBuffer,
    responseDeserialize: (bytes) => bytes,
  } satisfies MethodDefinition<Uint8Array, Uint8Array>;
}
