import { types } from 'node:util';
import { AppError } from '../errors/app-error.ts';

/** What PostgreSQL's answer means for a caller; https://www.postgresql.org/docs/current/errcodes-appendix.html */
const temporary = new Set([
  '53000', // insufficient resources
  '53200', // out of memory
  '53300', // too many connections
  '55P03', // lock not available
  '57014', // query cancelled: statement_timeout
  '57P01', // admin shutdown
  '57P02', // crash shutdown
  '57P03', // cannot connect now
  '58030', // I/O error
]);
const diskFull = '53100';
const lostRace = new Set(['OP001', '40001', '40P01', '23505']);

/** Turns an error of the pg client into an AppError where it is no bug of ours; everything else comes back as it is. */
export function translateServerError(error: unknown): unknown {
  if (!types.isNativeError(error) || error instanceof AppError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined && lostRace.has(code))
    return new AppError('conflict', 'Somebody else changed it at the same moment. Read it again.', { cause: error });
  if (code === diskFull) {
    return new AppError('unavailable', 'The database has no room left on its disk: nothing can be written until there is some.', {
      retryAfterSeconds: 10,
      cause: error,
    });
  }
  if (code?.startsWith('08') || (code !== undefined && temporary.has(code)) || isConnectionLost(error, code)) {
    return new AppError('unavailable', 'The database does not answer at the moment.', { retryAfterSeconds: 2, cause: error });
  }
  return error;
}

/** A migration of a newer program changed a table under a statement that this connection had planned; planned anew it works. */
export function isStalePlan(error: unknown): boolean {
  return types.isNativeError(error) && 'code' in error && error.code === '0A000' && error.message.includes('cached plan');
}

/** The server ended this transaction so that another could go on: a deadlock, or an order of writes that cannot be. */
export function madeWay(error: unknown): boolean {
  return types.isNativeError(error) && 'code' in error && (error.code === '40P01' || error.code === '40001');
}

/** The unique constraint that a `conflict` ran into, if that is what it was. */
export function violatedConstraint(error: unknown): string | undefined {
  const cause = error instanceof AppError ? error.cause : error;
  if (typeof cause !== 'object' || cause === null || !('constraint' in cause)) return undefined;
  return typeof cause.constraint === 'string' ? cause.constraint : undefined;
}

function isConnectionLost(error: Error, code: string | undefined): boolean {
  if (code !== undefined && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT'].includes(code)) return true;
  return /connection terminated|query read timeout|timeout exceeded when trying to connect|client has encountered a connection error|not queryable/i.test(
    error.message,
  );
}
