import type { ServerWritableStream } from '@grpc/grpc-js';
import type { AppError } from '../errors/app-error.ts';
import { requireSize } from './message-size.ts';
import type { BoundAnswers, ServedOptions } from './transport.ts';

export type AnswersCall = ServerWritableStream<Buffer, Uint8Array>;

/** Answers that go out by gRPC, as long as they are wanted. */
export class OutgoingAnswers {
  private readonly leaving = new AbortController();
  private readonly call: AnswersCall;
  private reason: AppError | undefined;

  constructor(call: AnswersCall) {
    this.call = call;
    call.once('cancelled', () => this.leaving.abort());
  }

  breakOff(reason: AppError): void {
    this.reason ??= reason;
    this.leaving.abort();
  }

  /** Each answer waits until the one before is in the hands of HTTP/2, which sends as much as its reader has room for. */
  async run(bound: BoundAnswers, request: Uint8Array, options: ServedOptions): Promise<void> {
    if (this.call.cancelled) this.leaving.abort();
    try {
      await bound(request, { ...options, signal: this.leaving.signal }, async (answer) => {
        requireSize('answer', answer);
        // Of a call that was cancelled grpc-js says nothing here; `bound` hears of it by the signal.
        await new Promise<void>((resolve) => this.call.write(answer, () => resolve()));
      });
    } catch (error) {
      throw this.reason ?? error;
    }
  }
}
