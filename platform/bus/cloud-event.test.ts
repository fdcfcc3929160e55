import type { KafkaMessage } from 'kafkajs';
import { fromMessage, isUnreadable, toMessage, typeOf } from './cloud-event.ts';

const place = { topic: 'opora.lamps.v1', partition: 2, source: 'lamps' };
const event = {
  id: '019a0000-0000-7000-8000-000000000001',
  type: 'opora.lamps.v1.LampLit',
  source: 'lamps',
  key: 'лампа-1',
  time: '2026-03-01T10:00:00.000Z',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

/** As it comes back from Kafka: everything is bytes. */
function travel({ key, value, headers = {} }: ReturnType<typeof toMessage>): KafkaMessage {
  const bytes = (text: unknown) => (text === null || text === undefined ? null : Buffer.from(String(text)));
  return {
    key: bytes(key),
    value: bytes(value),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, bytes(text) ?? undefined])),
    timestamp: '1772359200000',
    attributes: 0,
    offset: '41',
  };
}

describe('an event on its way through Kafka', () => {
  it('has the attributes of CloudEvents as headers and its data as it stood in the log', () => {
    const { key, value, headers } = toMessage({ ...event, data: '{"n": 1}' });
    expect([key, value]).toEqual(['лампа-1', '{"n": 1}']);
    expect(headers).toEqual({
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_type: event.type,
      ce_source: 'lamps',
      ce_time: event.time,
      ce_subject: 'лампа-1',
      'content-type': 'application/json',
      traceparent: event.traceparent,
    });
  });

  it('comes out as it went in, with a trace and without', () => {
    expect(fromMessage(travel(toMessage({ ...event, data: '{"n": 1}' })), place)).toEqual({ ...event, data: { n: 1 } });
    const { traceparent: _, ...untraced } = event;
    expect(fromMessage(travel(toMessage({ ...untraced, data: 'null' })), place)).toEqual({ ...untraced, data: null });
  });

  it('tells its type without being read', () => {
    expect(typeOf(travel(toMessage({ ...event, data: 'not even JSON' })))).toBe(event.type);
  });

  it.each([
    ['an id that is no UUID', { ce_id: '7' }, '{}', /ce_id/],
    ['no id', { ce_id: undefined }, '{}', /ce_id/],
    ['no type', { ce_type: undefined }, '{}', /ce_type/],
    ['a time that is none', { ce_time: 'yesterday' }, '{}', /ce_time/],
    ['a value that is no JSON', {}, '{', /no JSON/],
  ])('says what is wrong with a message that has %s, and always the same id for the same place', (_, headers, value, reason) => {
    const message = travel(toMessage({ ...event, data: value }));
    const changed: KafkaMessage = Object.assign(message, { headers: { ...message.headers, ...headers } });
    const read = fromMessage(changed, place);
    if (!isUnreadable(read)) throw new Error('it was read');
    expect(read.reason).toMatch(reason);
    expect(read.reason).toContain('opora.lamps.v1, partition 2, offset 41');
    expect(read.event.data).toBe(value);
    expect(fromMessage(changed, place)).toEqual(read);
    expect(fromMessage(Object.assign(changed, { offset: '42' }), place)).not.toMatchObject({ event: { id: read.event.id } });
  });
});
