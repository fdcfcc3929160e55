import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import { v5, validate } from 'uuid';
import type { Envelope } from './event.ts';

/** An event on its way to Kafka; `data` is JSON text as it stands in the log. */
export interface OutgoingEvent extends Omit<Envelope, 'data' | 'traceparent'> {
  data: string;
  traceparent?: string | null;
}

/** CloudEvents 1.0, Kafka binding, binary mode: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
export function toMessage({ id, type, source, time, key, data, traceparent }: OutgoingEvent): Message {
  const headers: IHeaders = {
    ce_specversion: '1.0',
    ce_id: id,
    ce_type: type,
    ce_source: source,
    ce_time: time,
    ce_subject: key,
    'content-type': 'application/json',
  };
  if (typeof traceparent === 'string') headers['traceparent'] = traceparent;
  return { key, value: data, headers };
}

/** A message that is no event of ours: somebody else wrote to the topic, or wrote it badly. */
export interface Unreadable {
  event: Envelope;
  reason: string;
}

const namespace = '9f0b7a52-52a5-4b2c-8d5e-0a6f6a4f3c11';

/** Where a message was found. */
export interface Place {
  topic: string;
  partition: number;
  source: string;
}

/** The header that tells whether a message is for us, without reading the rest of it. */
export function typeOf({ headers }: KafkaMessage): string | undefined {
  return read(headers, 'ce_type');
}

/** Never throws: what cannot be read comes as `Unreadable`, under an id made of its place, with its text for data. */
export function fromMessage(message: KafkaMessage, place: Place): Envelope | Unreadable {
  const { headers, key, value } = message;
  const id = read(headers, 'ce_id');
  const type = read(headers, 'ce_type');
  const time = read(headers, 'ce_time');
  if (id === undefined || !validate(id)) return refuse(message, place, 'The header ce_id is no UUID.');
  if (type === undefined) return refuse(message, place, 'The header ce_type is missing.');
  if (time === undefined || Number.isNaN(Date.parse(time))) return refuse(message, place, 'The header ce_time is no RFC 3339 time.');
  try {
    const event: Envelope = { id, type, key: key?.toString() ?? '', source: place.source, time, data: JSON.parse(value?.toString() ?? '') };
    const traceparent = read(headers, 'traceparent');
    if (traceparent !== undefined) event.traceparent = traceparent;
    return event;
  } catch {
    return refuse(message, place, 'The value is no JSON.');
  }
}

function refuse({ headers, key, value, offset, timestamp }: KafkaMessage, { topic, partition, source }: Place, reason: string): Unreadable {
  return {
    event: {
      id: v5(`${topic}/${partition}/${offset}`, namespace),
      type: read(headers, 'ce_type') ?? 'unknown',
      key: key?.toString() ?? '',
      source,
      time: new Date(Number(timestamp)).toISOString(),
      data: value?.toString() ?? '',
    },
    reason: `${reason} (${topic}, partition ${partition}, offset ${offset})`,
  };
}

export function isUnreadable(read: Envelope | Unreadable): read is Unreadable {
  return 'reason' in read;
}

function read(headers: IHeaders | undefined, name: string): string | undefined {
  const value = headers?.[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined ? undefined : first.toString();
}
