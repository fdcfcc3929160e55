import { findJava, hasMaven } from '../../deploy/engines/find-java.ts';
import { startLocalKafka } from '../../deploy/engines/local-kafka.ts';
import { findFreePort } from '../../deploy/engines/ports.ts';
import type { EngineSource, KafkaEngine } from './engine-source.ts';
import { findContainers } from './find-containers.ts';

/** A Kafka for tests: the one that OPORA_KAFKA_BROKERS names, else Docker, else Java and Maven, else none. */
export async function findKafka(): Promise<EngineSource<KafkaEngine> | undefined> {
  const brokers = process.env['OPORA_KAFKA_BROKERS'];
  if (brokers) return { from: 'environment', start: async () => ({ brokers, stop: async () => {} }) };

  const containers = await findContainers();
  if (containers) {
    return {
      from: 'docker',
      async start() {
        // A broker tells its clients where to come back to, so its outer port must be known before it runs.
        const port = await findFreePort();
        const container = await containers
          .create('apache/kafka:4.3.1', 'Kafka Server started')
          .withExposedPorts({ container: port, host: port })
          .withEnvironment({
            KAFKA_NODE_ID: '1',
            KAFKA_PROCESS_ROLES: 'broker,controller',
            KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
            KAFKA_LISTENERS: `PLAINTEXT://:${port},CONTROLLER://:9093`,
            KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${containers.host}:${port}`,
            KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
            KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
            KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
            KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
            KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
          })
          .start();
        return { brokers: `${containers.host}:${port}`, stop: async () => void (await container.stop()) };
      },
    };
  }

  if (!((await findJava()) && (await hasMaven()))) return undefined;
  return { from: 'local', start: (dir) => startLocalKafka({ dir, log: (line) => console.error(line) }) };
}
