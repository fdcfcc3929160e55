import type { FieldViolation } from '../../../platform/errors/app-error.ts';

/** The time that is looked at: a change at `from` is part of what was before, one at `to` of what was after. Epoch milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** What is compared. */
export interface Scope {
  kind: 'item' | 'below' | 'site' | 'class';
  /** An item's id, or the name of a site or class. */
  value: string;
}

interface Asked {
  from?: string;
  to?: string;
  hours?: number;
}

const hour = 3_600_000;

/** The span that is asked for. Nothing of it lies in the future, nor before `keptSince` (epoch milliseconds), where the history begins that is still kept. */
export function readSpan(
  { from, to, hours }: Asked,
  now: number,
  keptSince = Number.NEGATIVE_INFINITY,
): { span: Span; violations: FieldViolation[] } {
  const end = to === undefined ? now : Math.min(Date.parse(to), now);
  const span = { from: hours === undefined ? Date.parse(from ?? '') : end - hours * hour, to: end };
  const pointer = hours === undefined ? '/from' : '/hours';
  if (from === undefined && hours === undefined) return { span, violations: [{ pointer: '/from', message: 'give the earlier moment, or hours' }] };
  if (from !== undefined && hours !== undefined) return { span, violations: [{ pointer: '/hours', message: 'give either from or hours' }] };
  if (span.from >= span.to) return { span, violations: [{ pointer, message: `must be before ${new Date(end).toISOString()}, the later moment` }] };
  if (span.from < keptSince) {
    const since = new Date(keptSince).toISOString();
    return { span, violations: [{ pointer, message: `what was before ${since} is kept no longer: begin there or later` }] };
  }
  return { span, violations: [] };
}

const scopeKinds = ['item', 'below', 'site', 'class'] as const;

/** The scope that is asked for: exactly one must be. */
export function readScope(asked: Partial<Record<Scope['kind'], string>>): { scope: Scope; violations: FieldViolation[] } {
  const [first, second] = scopeKinds.flatMap((kind) => {
    const value = asked[kind];
    return value === undefined ? [] : [{ kind, value }];
  });
  const none: Scope = { kind: 'item', value: '' };
  if (!first) return { scope: none, violations: [{ pointer: '/item', message: `name one of ${scopeKinds.join(', ')}` }] };
  if (second) return { scope: first, violations: [{ pointer: `/${second.kind}`, message: `${first.kind} is named too: ask about one of them` }] };
  return { scope: first, violations: [] };
}
