import type { Consumer } from 'kafkajs';
import type { Logger } from 'pino';

const interval = 5_000;
const patience = 60_000;

/**
 * Watches whether a consumer lives. `crashed` rejects when kafkajs gives it up; `onStalled` is called when for a minute it has neither fetched nor beaten nor said
 * that it tries again. A process that was itself stopped for a while is not blamed on the consumer.
 */
export function watchConsumer(
  consumer: Consumer,
  { log, onStalled }: { log: Logger; onStalled(reason: string): void },
): { crashed: Promise<never>; stop(): void } {
  let lastSign = performance.now();
  let lastLook = lastSign;
  const sign = () => {
    lastSign = performance.now();
  };
  const { FETCH, HEARTBEAT, GROUP_JOIN, END_BATCH_PROCESS, CONNECT, CRASH } = consumer.events;
  const stops = [
    consumer.on(FETCH, sign),
    consumer.on(HEARTBEAT, sign),
    consumer.on(GROUP_JOIN, sign),
    consumer.on(END_BATCH_PROCESS, sign),
    consumer.on(CONNECT, sign),
  ];
  const crashed = new Promise<never>((_, reject) => {
    stops.push(
      consumer.on(CRASH, ({ payload: { error, restart } }) => {
        sign();
        if (restart) log.warn({ err: error }, 'a consumer of Kafka fell and gets up again');
        else reject(error);
      }),
    );
  });
  crashed.catch(() => undefined); // it may crash before anybody waits for that

  const timer = setInterval(() => {
    const now = performance.now();
    if (now - lastLook > 2 * interval) sign();
    lastLook = now;
    if (now - lastSign > patience) onStalled(`neither fetched nor gave a sign of life for ${Math.round((now - lastSign) / 1000)} s`);
  }, interval);

  return {
    crashed,
    stop() {
      clearInterval(timer);
      for (const stop of stops) stop();
    },
  };
}
