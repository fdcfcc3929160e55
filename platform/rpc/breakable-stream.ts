import type { AppError } from '../errors/app-error.ts';

/**
 * What comes piece by piece, each when it is asked for, and can be ended from this side: then the pull under way and all later ones
 * reject with the reason. So nobody takes a stream that was broken off for one that came to its end.
 */
export class BreakableStream<Piece> implements AsyncIterableIterator<Piece> {
  private readonly source: AsyncIterator<Piece>;
  private readonly explain: (failure: unknown) => unknown;
  private reason: AppError | undefined;
  private refuse: ((reason: AppError) => void) | undefined;

  /** `explain` makes of a failure of the source what its reader is told; the failure itself unless given. */
  constructor(pieces: AsyncIterable<Piece>, explain: (failure: unknown) => unknown = (failure) => failure) {
    this.source = pieces[Symbol.asyncIterator]();
    this.explain = explain;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Piece>> {
    const { reason } = this;
    if (reason) return Promise.reject(reason);
    return new Promise((resolve, reject) => {
      this.refuse = reject;
      this.source.next().then(resolve, (failure: unknown) => reject(this.explain(failure)));
    });
  }

  async return(): Promise<IteratorResult<Piece>> {
    this.leave();
    return { done: true, value: undefined };
  }

  breakOff(reason: AppError): void {
    if (this.reason) return;
    this.reason = reason;
    this.refuse?.(reason);
    this.leave();
  }

  /** Not waited for: a source that hangs lets go only when it goes on. */
  private leave(): void {
    this.source.return?.().catch(() => undefined);
  }
}
