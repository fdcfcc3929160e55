interface LogLine {
  time: string;
  level: string;
  service?: string;
  msg?: string;
  err?: { stack?: string };
  [field: string]: unknown;
}

/** A line of the log for a person at a terminal: `12:30:01.123 WARN  tickets  message  field=value`, an error's stack below it. */
export function humanLine(json: string): string {
  const { time, level, service, msg, err, traceId, spanId: _, ...fields } = JSON.parse(json) as LogLine;
  const trace = typeof traceId === 'string' && level !== 'info' ? { traceId } : {};
  const rest = Object.entries({ ...fields, ...trace }).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const words = [time.slice(11, 23), level.toUpperCase().padEnd(5), (service ?? '').padEnd(10), msg ?? '', ...rest];
  return `${words.join(' ').trimEnd()}\n${err?.stack ? `${err.stack}\n` : ''}`;
}
