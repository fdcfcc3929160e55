import { AppError, type ErrorKind, type FieldViolation } from '../errors/app-error.ts';

/** What HTTP alone can refuse, beside the kinds of AppError. */
export const refusalKinds = [
  'malformed',
  'method_not_allowed',
  'undone',
  'payload_too_large',
  'unsupported_media_type',
  'precondition_failed',
  'precondition_required',
  'too_many_requests',
  'request_timeout',
  'header_fields_too_large',
] as const;
export type RefusalKind = (typeof refusalKinds)[number];
export type ProblemKind = ErrorKind | RefusalKind | 'internal';

/** A request that HTTP itself refuses, before any use case hears of it. */
export class HttpRefusal extends Error {
  readonly kind: RefusalKind;
  readonly violations: readonly FieldViolation[];
  /** `Allow`, `Retry-After` … */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    kind: RefusalKind,
    message: string,
    options: { violations?: readonly FieldViolation[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.name = 'HttpRefusal';
    this.kind = kind;
    this.violations = options.violations ?? [];
    this.headers = options.headers ?? {};
  }
}

/** The body of an answer with `application/problem+json`, RFC 9457. */
export interface Problem {
  /** Relative to the hub: `/problems/not_found`. */
  type: string;
  title: string;
  status: number;
  detail: string;
  instance?: string;
  traceId?: string;
  errors?: readonly FieldViolation[];
}

/** Each kind of problem with its one status and title; the page /problems is made of it too. */
export const problemKinds: Readonly<Record<ProblemKind, { status: number; title: string }>> = {
  malformed: { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'Nobody is signed in' },
  not_allowed: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The method does not fit the resource' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  conflict: { status: 409, title: 'Conflict with the present state' },
  illegal_state: { status: 409, title: 'Not possible in the present state' },
  undone: { status: 409, title: 'Undone with its batch' },
  precondition_failed: { status: 412, title: 'Changed by somebody else meanwhile' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body is of an unknown type' },
  invalid_input: { status: 422, title: 'Some of the input does not fit' },
  precondition_required: { status: 428, title: 'If-Match is needed' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  header_fields_too_large: { status: 431, title: 'The header is too large' },
  internal: { status: 500, title: 'Something failed on our side' },
  unavailable: { status: 503, title: 'Not available for the moment' },
};

export interface ProblemContext {
  /** Path of the request, without its query: that may carry a token. */
  instance?: string;
  traceId?: string;
  /** The request came with If-Match, so a conflict is a lost race. */
  conditional?: boolean;
}

/** The one place where an error becomes an HTTP answer. What is neither AppError nor HttpRefusal is a bug, and nothing of it is shown. */
export function toProblem(error: unknown, context: ProblemContext): { problem: Problem; headers: Record<string, string> } {
  const kind = kindOf(error, context.conditional ?? false);
  const known = error instanceof AppError || error instanceof HttpRefusal;
  const violations = known ? error.violations : [];
  const problem: Problem = {
    type: `/problems/${kind}`,
    ...problemKinds[kind],
    detail: known ? error.message : 'The fault is recorded under the trace id; whoever runs this hub can find it there.',
    ...(context.instance !== undefined && { instance: context.instance }),
    ...(context.traceId !== undefined && { traceId: context.traceId }),
    ...(violations.length > 0 && { errors: violations }),
  };
  return { problem, headers: headersOf(error, kind) };
}

function kindOf(error: unknown, conditional: boolean): ProblemKind {
  if (error instanceof HttpRefusal) return error.kind;
  if (!(error instanceof AppError)) return 'internal';
  return error.kind === 'conflict' && conditional ? 'precondition_failed' : error.kind;
}

function headersOf(error: unknown, kind: ProblemKind): Record<string, string> {
  if (error instanceof HttpRefusal) return { ...error.headers };
  if (kind === 'unauthenticated') return { 'www-authenticate': 'Bearer realm="opora"' };
  if (kind === 'unavailable') return { 'retry-after': String(Math.max(1, Math.ceil((error as AppError).retryAfterSeconds ?? 2))) };
  return {};
}
