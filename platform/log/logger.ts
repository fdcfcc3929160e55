import { isSpanContextValid, trace } from '@opentelemetry/api';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { hideSecrets } from './hide-secrets.ts';
import { humanLine } from './human-line.ts';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  level?: LogLevel;
  /** Where lines go; standard output unless told, and there for people when it is a terminal. */
  stream?: DestinationStream;
}

/**
 * JSON lines: time (RFC 3339), level, msg, traceId and spanId of the active span, and what its users add:
 * `log.child({ service })`, `log.info({ aggregate: id }, '…')`. No secret comes through: see `hide-secrets.ts`.
 */
export function createLogger({ level = 'info', stream = standardOutput() }: LoggerOptions = {}): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      mixin: activeSpan,
      serializers: { err: describeError },
      hooks: { streamWrite: hideSecrets },
    },
    stream,
  );
}

/** What is worth reading of an error. Drivers hang whole connections on theirs, with statements and their values. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  const kind = 'kind' in error ? error.kind : undefined;
  const violations = 'violations' in error ? error.violations : undefined;
  return { name, message, code, kind, violations, stack, ...(cause !== undefined && { cause: describeError(cause) }) };
}

function activeSpan(): object {
  const span = trace.getActiveSpan()?.spanContext();
  return span && isSpanContextValid(span) ? { traceId: span.traceId, spanId: span.spanId } : {};
}

/** Written at once: what a process said before it was killed is what one wants to read. */
function standardOutput(): DestinationStream {
  if (!process.stdout.isTTY) return destination({ fd: 1, sync: true });
  return { write: (line) => void process.stdout.write(humanLine(line)) };
}
