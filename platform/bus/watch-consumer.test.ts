import { EventEmitter } from 'node:events';
import { Kafka } from 'kafkajs';
import { pino } from 'pino';
import { watchConsumer } from './watch-consumer.ts';

const { jest } = import.meta;
const log = pino({ level: 'silent' });

/** A real consumer that is never connected: what it would say is said for it. */
function openConsumer() {
  const consumer = new Kafka({ brokers: ['nowhere:1'] }).consumer({ groupId: 'test' });
  const says = new EventEmitter();
  const on: typeof consumer.on = (name: string, listener: (event: never) => void) => {
    says.on(name, listener as () => void);
    return () => void says.off(name, listener as () => void);
  };
  return { consumer: { ...consumer, on }, say: (name: string, payload: object = {}) => says.emit(name, { payload }), events: consumer.events };
}

describe('the watch over a consumer', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('raises the alarm when nothing was heard of it for a minute, and not before', () => {
    const { consumer, say, events } = openConsumer();
    const alarms: string[] = [];
    const watch = watchConsumer(consumer, { log, onStalled: (reason) => alarms.push(reason) });
    for (let minute = 0; minute < 5; minute++) {
      jest.advanceTimersByTime(55_000);
      say([events.FETCH, events.HEARTBEAT, events.GROUP_JOIN, events.END_BATCH_PROCESS, events.CONNECT][minute] ?? '');
    }
    expect(alarms).toEqual([]);
    jest.advanceTimersByTime(66_000);
    expect(alarms[0]).toMatch(/for 65 s/);
    watch.stop();
  });

  it('counts a fall after which it gets up by itself as a sign of life, and gives word of one that is final', async () => {
    const { consumer, say, events } = openConsumer();
    const alarms: string[] = [];
    const watch = watchConsumer(consumer, { log, onStalled: (reason) => alarms.push(reason) });
    jest.advanceTimersByTime(50_000);
    say(events.CRASH, { error: new Error('no broker'), restart: true });
    jest.advanceTimersByTime(50_000);
    expect(alarms).toEqual([]);
    say(events.CRASH, { error: new Error('that was it'), restart: false });
    await expect(watch.crashed).rejects.toThrow('that was it');
    watch.stop();
  });

  it('does not blame the consumer for a time in which the whole process stood still', () => {
    const { consumer } = openConsumer();
    const alarms: string[] = [];
    const watch = watchConsumer(consumer, { log, onStalled: (reason) => alarms.push(reason) });
    const now = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 300_000);
    jest.advanceTimersByTime(5_000);
    expect(alarms).toEqual([]);
    now.mockRestore();
    watch.stop();
  });
});
