import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { AppError } from '../../../platform/errors/app-error.ts';
import type { Observation } from '../domain/observation.ts';

// Alertmanager's webhook, version 4 (notify/webhook/webhook.go, template/template.go); only what we use, the rest passes.
const labels = z.record(z.string(), z.string());
const moment = z.string().transform((text, context) => {
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  context.addIssue({ code: 'custom', message: 'must be an RFC 3339 time such as 2026-01-15T08:21:33Z' });
  return z.NEVER;
});
const payload = z.object({
  version: z.literal('4', { error: 'must be "4": send the native payload, without a template of your own' }),
  groupKey: z.string(),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels,
        annotations: labels.default({}),
        startsAt: moment,
        endsAt: moment.optional(),
        generatorURL: z.string().optional(),
        fingerprint: z.string().min(1).max(200),
      }),
    )
    .max(10_000),
});

/** Turns a payload into observations; AppError `invalid_input` names every field that does not fit. */
export function readAlertmanager(body: Uint8Array): Observation[] {
  const parsed = payload.safeParse(parseJson(body));
  if (!parsed.success) {
    const violations = parsed.error.issues.slice(0, 50).map((issue) => ({ pointer: `/${issue.path.join('/')}`, message: issue.message }));
    throw new AppError('invalid_input', 'This is not a payload of Alertmanager version 4.', { violations });
  }
  return parsed.data.alerts.map((alert) => {
    const name = alert.labels['alertname'] || 'unnamed';
    return {
      fingerprint: alert.fingerprint,
      startsAt: alert.startsAt,
      firing: alert.status === 'firing',
      // A firing alert carries the zero time, or a guess of when it will time out.
      ...(alert.status === 'resolved' && alert.endsAt !== undefined && alert.endsAt > 0 && { endsAt: alert.endsAt }),
      name,
      severity: (alert.labels['severity'] ?? '').toLowerCase(),
      summary: alert.annotations['summary'] || alert.annotations['description'] || name,
      labels: alert.labels,
      annotations: alert.annotations,
      ...(alert.generatorURL !== undefined && { generatorUrl: alert.generatorURL }),
    };
  });
}

function parseJson(body: Uint8Array): unknown {
  if (!isUtf8(body)) throw unreadable('The body is not UTF-8.');
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  try {
    // PostgreSQL keeps neither U+0000 nor half a surrogate pair; both can only come as escapes, so that a search for those is enough.
    return unkeepable.test(text) ? JSON.parse(text, refuseUnkeepable) : JSON.parse(text);
  } catch (error) {
    throw unreadable(`The body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

const unkeepable = /\\u(0000|d[89a-f])/i;

function refuseUnkeepable(key: string, value: unknown): unknown {
  for (const text of [key, value]) {
    if (typeof text === 'string' && (text.includes('\0') || !text.isWellFormed()))
      throw new Error(`the text of "${key}" has U+0000 or half a surrogate pair`);
  }
  return value;
}

function unreadable(message: string): AppError {
  return new AppError('invalid_input', message, { violations: [{ pointer: '', message }] });
}
