/**
 * The closed set of ways in which a use case can refuse. One place each translates a kind to a gRPC status
 * (`platform/rpc/status.ts`) and to problem+json (`platform/http/problem.ts`). Anything that is not an AppError is a bug.
 */
export const errorKinds = ['invalid_input', 'unauthenticated', 'not_allowed', 'not_found', 'conflict', 'illegal_state', 'unavailable'] as const;
export type ErrorKind = (typeof errorKinds)[number];

/** One bad field. `pointer` is a JSON pointer into the request ("/form/serial"), `message` says what is wrong and the way out. */
export interface FieldViolation {
  pointer: string;
  message: string;
  /** Of a request that comes line by line: which line it points into, from 1. */
  line?: number;
}

export interface AppErrorOptions {
  violations?: readonly FieldViolation[];
  /** Only for `unavailable`: when it is worth asking again, in seconds. */
  retryAfterSeconds?: number;
  cause?: unknown;
}

export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterSeconds: number | undefined;

  constructor(kind: ErrorKind, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.kind = kind;
    this.violations = options.violations ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export function isAppError(error: unknown, kind?: ErrorKind): error is AppError {
  return error instanceof AppError && (kind === undefined || error.kind === kind);
}
