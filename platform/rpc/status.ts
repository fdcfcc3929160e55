import { AppError, type ErrorKind, type FieldViolation } from '../errors/app-error.ts';
import { InternalFault } from '../errors/internal-fault.ts';

/** Codes of gRPC, https://grpc.io/docs/guides/status-codes/. */
export const statusCodes = {
  OK: 0,
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;
export type StatusName = keyof typeof statusCodes;

const nameOfKind: Readonly<Record<ErrorKind, StatusName>> = {
  invalid_input: 'INVALID_ARGUMENT',
  unauthenticated: 'UNAUTHENTICATED',
  not_allowed: 'PERMISSION_DENIED',
  not_found: 'NOT_FOUND',
  conflict: 'ABORTED',
  illegal_state: 'FAILED_PRECONDITION',
  unavailable: 'UNAVAILABLE',
};
const kindOfCode = new Map<number, ErrorKind>(Object.entries(nameOfKind).map(([kind, name]) => [statusCodes[name], kind as ErrorKind]));

/** An error as it travels. `detail` is JSON: what of the error is more than its kind and message. */
export interface RpcStatus {
  code: number;
  message: string;
  detail?: string;
}

interface Detail {
  violations?: readonly FieldViolation[];
  retryAfterSeconds?: number;
  traceId?: string;
}

/** Errors travel in HTTP/2 headers, which every side limits to a few kilobytes. */
const mostViolations = 40;
const longestMessage = 500;

export function statusName(error: unknown): StatusName {
  return error instanceof AppError ? nameOfKind[error.kind] : 'INTERNAL';
}

/** The one place where an error becomes a gRPC status. What is not an AppError shows its trace id and nothing else. */
export function toStatus(error: unknown, traceId: string | undefined): RpcStatus {
  const code = statusCodes[statusName(error)];
  if (!(error instanceof AppError)) {
    const fault = error instanceof InternalFault ? error : new InternalFault(traceId);
    return { code, message: fault.message, ...withDetail({ ...(fault.traceId !== undefined && { traceId: fault.traceId }) }) };
  }
  const { message, violations, retryAfterSeconds } = error;
  return {
    code,
    message: shorten(message),
    ...withDetail({
      ...(violations.length > 0 && { violations: limit(violations) }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    }),
  };
}

/** The way back. `DEADLINE_EXCEEDED`, `CANCELLED` and an unknown method (a neighbour of another version) are `unavailable`. */
export function fromStatus({ code, message, detail }: RpcStatus): AppError | InternalFault {
  const { violations, retryAfterSeconds, traceId } = readDetail(detail);
  const kind = kindOfCode.get(code);
  if (kind !== undefined) {
    return new AppError(kind, message, { ...(violations && { violations }), ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) });
  }
  if (code === statusCodes.DEADLINE_EXCEEDED) return deadlineExceeded();
  if (code === statusCodes.CANCELLED) return cancelled();
  if (code === statusCodes.UNIMPLEMENTED) return new AppError('unavailable', message);
  return new InternalFault(traceId, { cause: new Error(`gRPC status ${code}: ${message}`) });
}

export function deadlineExceeded(): AppError {
  return new AppError('unavailable', 'The deadline passed before there was an answer; the call may still have had its effect');
}

export function cancelled(): AppError {
  return new AppError('unavailable', 'The caller did not wait for the answer; the call may still have had its effect');
}

/** What the taker of a stream is told when its sender did not come to the end of it. */
export function brokenOff(): AppError {
  return new AppError('unavailable', 'The sender broke the stream off before its end');
}

/** What ends a stream at a process that is about to stop. */
export function stopping(): AppError {
  const message = 'The hub is stopping, so the stream was ended. What was committed before stays: begin anew.';
  return new AppError('unavailable', message, { retryAfterSeconds: 2 });
}

function withDetail(detail: Detail): { detail?: string } {
  return Object.keys(detail).length > 0 ? { detail: JSON.stringify(detail) } : {};
}

function readDetail(text: string | undefined): Detail {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Detail;
  } catch {
    return {}; // from a side that speaks another dialect: its code is enough
  }
}

function limit(violations: readonly FieldViolation[]): FieldViolation[] {
  const shown = violations
    .slice(0, mostViolations)
    .map(({ pointer, message }) => ({ pointer: shorten(pointer, 200), message: shorten(message, 200) }));
  const left = violations.length - shown.length;
  return left === 0 ? shown : [...shown, { pointer: '', message: `and ${left} more` }];
}

function shorten(text: string, most = longestMessage): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}
