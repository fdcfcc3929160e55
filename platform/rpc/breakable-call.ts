import type { AppError } from '../errors/app-error.ts';

/** A call under way that can be ended from this side: `signal` aborts, and what the call then fails of is the reason. */
export class BreakableCall {
  private readonly controller = new AbortController();
  private reason: AppError | undefined;
  readonly signal: AbortSignal;

  /** `caller` aborts it too. */
  constructor(caller?: AbortSignal) {
    this.signal = caller ? AbortSignal.any([caller, this.controller.signal]) : this.controller.signal;
  }

  breakOff(reason: AppError): void {
    this.reason ??= reason;
    this.controller.abort();
  }

  /** What `error`, which the call failed of, comes of. */
  explain(error: unknown): unknown {
    return this.reason ?? error;
  }
}
