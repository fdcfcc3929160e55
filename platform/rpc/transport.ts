import type { CallOptions } from './call.ts';

/** A method as a transport sees it: bytes in, bytes out. The encoding is the contract's, the same on both transports. */
export interface BoundMethod {
  (request: Uint8Array, options: ServedOptions): Promise<Reply>;
}

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
  serve(service: string, methods: Readonly<Record<string, BoundMethod>>): Promise<void>;
  /** Sends one call; AppErrors of the other side arrive as AppErrors. */
  invoke(service: string, method: string, request: Uint8Array, options: CallOptions): Promise<Reply>;
  /** Refuses new calls, waits for those under way. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}
