import type { Envelope } from '../../../platform/bus/event.ts';
import type { AuditContract, EventContract } from '../../../platform/contract/contract.ts';
import { writeTitle } from '../../../platform/contract/write-title.ts';

/** What an entry says; as JSON text it is what the hash covers. */
export interface EntryContent {
  id: string;
  /** RFC 3339, UTC, milliseconds. */
  at: string;
  kind: string;
  ref: string;
  source: string;
  type: string;
  title: { ru: string; en: string };
  personId?: string;
  personName?: string;
  address?: string;
  traceId?: string;
  changes?: readonly { field: string; before?: unknown; after?: unknown }[];
}

export type AuditedEvent = EventContract & { audit: AuditContract };

/** The entry of an event, as its contract says, in the words that it has today: a later contract changes no entry. */
export function writeEntry({ audit }: AuditedEvent, { id, source, type, time, data, traceparent }: Envelope): EntryContent {
  const fields = data as Readonly<Record<string, unknown>>;
  const textOf = (name: string | undefined) => (name === undefined ? undefined : toText(fields[name]));
  const [personId, personName, address] = [audit.person, audit.personName, audit.address].map(textOf);
  const changes = readChanges(textOf(audit.changes));
  const traceId = traceparent?.split('-')[1];
  return {
    id,
    at: time,
    kind: audit.kind,
    ref: textOf(audit.ref)?.slice(0, 500) ?? '',
    source,
    type,
    title: writeTitle(audit.title, fields),
    ...(personId !== undefined && { personId }),
    ...(personName !== undefined && { personName }),
    ...(address !== undefined && { address }),
    ...(traceId !== undefined && { traceId }),
    ...(changes !== undefined && { changes }),
  };
}

/** Text that PostgreSQL takes as JSON: without what it cannot hold, the character 0 and half characters. */
export function toContentText(content: EntryContent): string {
  return JSON.stringify(content, (_, value: unknown) => (typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value));
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A list that is none is told as it is: what an event says of an act is not lost for its form. */
function readChanges(text: string | undefined): EntryContent['changes'] {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every(isChange)) return value;
    return [{ field: 'changes', after: value }];
  } catch {
    return [{ field: 'changes', after: text }];
  }
}

function isChange(value: unknown): value is { field: string } {
  return typeof value === 'object' && value !== null && 'field' in value && typeof value.field === 'string';
}
