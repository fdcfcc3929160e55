import type { BreakableStream } from './breakable-stream.ts';
import type { CallOptions, StreamOptions } from './call.ts';

/** A method as a transport sees it: bytes in, bytes out. The encoding is the contract's, the same on both transports. */
export interface BoundMethod {
  (request: Uint8Array, options: ServedOptions): Promise<Reply>;
}

/** A method that takes a stream. A message comes when it is pulled; the stream's end is its sender's, and everything else that ends it is an AppError. */
export interface BoundStream {
  (requests: IncomingStream, options: ServedOptions): Promise<Reply>;
}

/** A method that gives a stream: each answer goes to `give`, which resolves when there is room for the next one. Everything that ends it early is an AppError. */
export interface BoundAnswers {
  (request: Uint8Array, options: ServedOptions, give: Give): Promise<void>;
}

export type Give = (answer: Uint8Array) => Promise<void>;

/** The methods of a service that stream, by name as in proto. */
export interface BoundStreams {
  taking?: Readonly<Record<string, BoundStream>>;
  giving?: Readonly<Record<string, BoundAnswers>>;
}

export type IncomingStream = BreakableStream<Uint8Array>;

/** Options as they arrive at the serving side. */
export type ServedOptions = Omit<CallOptions, 'signal'> & { signal?: Cancellation };

/** As much of an AbortSignal as serving needs: a real one for each call is among the dearest things that a call could make. */
export interface Cancellation {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface Reply {
  body: Uint8Array;
  /** True when an idempotency key gave the first answer again. */
  replayed: boolean;
  /** The answer as it was committed and would be given again, where `body` holds more (a secret that is shown once). It stays on the serving side. */
  committed?: Uint8Array;
}

/** The port between services' calls: two adapters (`in-process.ts`, `grpc.ts`), one contract suite (`transport.contract.ts`). */
export interface RpcTransport {
  /** `methods` by name as in proto (`CreateTicket`). */
  serve(service: string, methods: Readonly<Record<string, BoundMethod>>, streams?: BoundStreams): Promise<void>;
  /** Sends one call; AppErrors of the other side arrive as AppErrors. */
  invoke(service: string, method: string, request: Uint8Array, options: CallOptions): Promise<Reply>;
  /**
   * Sends messages as fast as the other side takes them. When `requests` throws, the other side learns that the stream was broken off, and
   * here the same error is thrown. It is left alone once there is an answer.
   */
  invokeStream(service: string, method: string, requests: AsyncIterable<Uint8Array>, options: StreamOptions): Promise<Reply>;
  /**
   * Asks for answers that come one after the other, each when it is pulled; the other side begins at the first pull, and is never more than a
   * few ahead. Leaving the loop, or `options.signal`, ends it there.
   */
  invokeAnswers(service: string, method: string, request: Uint8Array, options: StreamOptions): AsyncGenerator<Uint8Array, void>;
  /** Refuses new calls, waits for those under way. Streams are ended with `unavailable`: they would go on for an hour. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}
