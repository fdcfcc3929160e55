import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import type { Logger } from 'pino';

export interface KafkaOptions {
  brokers: string;
  clientId: string;
  log: Logger;
  /** Milliseconds; 15 000 unless told. */
  requestTimeout?: number;
}

/** A client of the cluster that `brokers` names (`host:port,host:port`); nothing is connected yet. */
export function openKafka({ brokers, clientId, log, requestTimeout = 15_000 }: KafkaOptions): Kafka {
  const kafkaLog = log.child({ part: 'kafka' });
  const config: KafkaConfig = {
    brokers: brokers.split(',').map((broker) => broker.trim()),
    clientId,
    connectionTimeout: 3_000,
    requestTimeout,
    logLevel: logLevel.WARN,
    // What kafkajs calls an error is mostly a connection that it makes anew by itself.
    logCreator:
      () =>
      ({ level, namespace, log: { message, timestamp: _, logger: __, stack: ___, ...facts } }) => {
        if (level === logLevel.ERROR || level === logLevel.WARN) kafkaLog.warn({ namespace, ...facts }, message);
        else kafkaLog.debug({ namespace, ...facts }, message);
      },
  };
  return new Kafka(config);
}
