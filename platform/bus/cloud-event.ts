import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import { v5, validate } from 'uuid';
import type { Envelope } from './event.ts';

/** An event on its way to Kafka; `data` is JSON text as it stands in the log. */
export interface OutgoingEvent extends Omit<Envelope, 'data'> {
  data: string;
}

/** CloudEvents 1.0, Kafka binding, binary mode: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
export function toMessage({ id, type, source, time, key, data, traceparent }: OutgoingEvent): Message {
  return {
    key,
    value: data,
    headers: {
      ce_specversion: '1.0',
      ce_id: id,
      ce_type: type,
      ce_source: source,
      ce_time: time,
      ce_subject: key,
      'content-type': 'application/json',
      ...(traceparent !== undefined && { traceparent }),
    },
  };
}

/** A message that is no event of ours: somebody else wrote to the topic, or wrote it badly. */
export interface Unreadable {
  event: Envelope;
  reason: string;
}

const namespace = '9f0b7a52-52a5-4b2c-8d5e-0a6f6a4f3c11';

/** Never throws: what cannot be read comes as `Unreadable`, under an id made of its place, with its text for data. */
export function fromMessage(message: KafkaMessage, place: { topic: string; partition: number; source: string }): Envelope | Unreadable {
  const { headers = {}, key, value, offset, timestamp } = message;
  const [id, type, time, traceparent] = [read(headers, 'ce_id'), read(headers, 'ce_type'), read(headers, 'ce_time'), read(headers, 'traceparent')];
  const text = value?.toString() ?? '';
  const source = read(headers, 'ce_source') ?? place.source;
  const known = { type: type ?? 'unknown', key: key?.toString() ?? '', source, ...(traceparent !== undefined && { traceparent }) };
  const unreadable = (reason: string): Unreadable => ({
    event: {
      ...known,
      id: v5(`${place.topic}/${place.partition}/${offset}`, namespace),
      time: new Date(Number(timestamp)).toISOString(),
      data: text,
    },
    reason: `${reason} (${place.topic}, partition ${place.partition}, offset ${offset})`,
  });
  if (id === undefined || !validate(id)) return unreadable('The header ce_id is no UUID.');
  if (type === undefined) return unreadable('The header ce_type is missing.');
  if (time === undefined || Number.isNaN(Date.parse(time))) return unreadable('The header ce_time is no RFC 3339 time.');
  try {
    return { ...known, id, time, data: JSON.parse(text) };
  } catch {
    return unreadable('The value is no JSON.');
  }
}

export function isUnreadable(read: Envelope | Unreadable): read is Unreadable {
  return 'reason' in read;
}

function read(headers: IHeaders, name: string): string | undefined {
  const value = headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined ? undefined : first.toString();
}
