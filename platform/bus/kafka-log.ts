import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Clock } from '../clock/clock.ts';
import { sql } from '../postgres/sql.ts';
import type { EventLog } from './event-log.ts';
import { startJanitor } from './janitor.ts';
import { startRelay } from './kafka-relay.ts';
import { startKafkaSubscriber } from './kafka-subscriber.ts';
import { tailKafka } from './kafka-tail.ts';
import type { TopicSettings } from './kafka-topics.ts';

export interface KafkaLogOptions {
  kafka: Kafka;
  topics: TopicSettings;
  clock: Clock;
  log: Logger;
  /** A consumer does not live any more and cannot be helped from inside: end the process, so that it is started anew. */
  onStalled(reason: string): void;
}

/** The log of the mesh: a relay carries each service's `bus_log` to Kafka, subscribers are consumer groups. Without Kafka all of it waits and tries again. */
export function createKafkaLog({ kafka, topics, clock, log, onStalled }: KafkaLogOptions): EventLog {
  return {
    async publish(database, metrics) {
      const ownLog = log.child({ service: database.schema });
      const relay = startRelay({ database, kafka, topics, log: ownLog, metrics });
      const janitor = startJanitor({
        database,
        log: ownLog,
        async readHeard() {
          const [row] = await database.query<{ pos: number }>(sql`select pos::float8 as pos from relay_position where name = 'kafka'`);
          return row?.pos;
        },
      });
      return {
        noteHead: relay.noteHead,
        async stop() {
          await Promise.all([relay.stop(), janitor.stop()]);
        },
      };
    },
    async subscribe(options) {
      const { database, subscription } = options;
      return startKafkaSubscriber({
        ...options,
        kafka,
        topics,
        clock,
        log: log.child({ service: database.schema, subscription: subscription.name }),
        onStalled,
      });
    },
    tail: (options) => tailKafka({ ...options, kafka, topics, log }),
  };
}
