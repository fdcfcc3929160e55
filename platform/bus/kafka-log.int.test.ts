import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { describeWithKafka } from '../../tests/engines/describe-with.ts';
import { systemClock } from '../clock/clock.ts';
import { openTestDatabases } from '../postgres/test-database.ts';
import { eventLogContract } from './event-log.contract.ts';
import { createKafkaLog } from './kafka-log.ts';
import { openKafka } from './open-kafka.ts';

const log = pino({ level: 'silent' });

describeWithKafka('the log over Kafka', (engine) => {
  eventLogContract(async () => {
    const [lamps, doors] = await openTestDatabases([
      { name: 'lamps', migrations: new URL('./fixtures/lamps/', import.meta.url) },
      { name: 'doors', migrations: new URL('./fixtures/doors/', import.meta.url) },
    ]);
    if (!lamps || !doors) throw new Error('There are no databases.');
    return {
      lamps,
      doors,
      async openLog() {
        const kafka = openKafka({ brokers: engine.brokers, clientId: `test-${randomUUID()}`, log });
        const eventLog = createKafkaLog({
          kafka,
          topics: { partitions: 3, replicationFactor: 1 },
          clock: systemClock,
          log,
          onStalled(reason) {
            throw new Error(reason);
          },
        });
        return { ...eventLog, close: () => Promise.resolve() };
      },
      async close() {
        await doors.close();
        await lamps.close();
      },
    };
  });
});
