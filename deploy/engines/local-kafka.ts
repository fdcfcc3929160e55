import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { archivePatience, type ChildProcess, startChild, waitUntilReady } from './child-process.ts';
import { type FetchedEngine, fetchEngine } from './fetch-engine.ts';
import { checkListening, findFreePort } from './ports.ts';

export interface LocalKafka extends ChildProcess {
  /** As OPORA_KAFKA_BROKERS takes it. */
  readonly brokers: string;
}

export interface LocalKafkaOptions {
  /** Its data; started again on the same folder it goes on where it stopped or was killed. */
  dir: string;
  /** A free one unless told. */
  port?: number;
  /** Told of long steps of the first time: fetching the jars, making the class archive. */
  log(line: string): void;
  /** Aborted: the start is given up. */
  signal?: AbortSignal;
}

// One node for laptops and tests: small heap, quick start; without TieredStopAtLevel it would be faster in the long run.
const jvm = '-Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xlog:cds=off -Xlog:cds+dynamic=off'.split(' ');
const log4j = `-Dlog4j2.configurationFile=${fileURLToPath(new URL('./kafka/log4j2.xml', import.meta.url))}`;

/** A real Kafka broker (KRaft, one node) as a child process; resolves when it answers. */
export async function startLocalKafka({ dir, port, log, signal }: LocalKafkaOptions): Promise<LocalKafka> {
  const engine = await fetchEngine({ name: 'kafka', log, train });
  return start(engine, resolve(dir), port ?? (await findFreePort()), [`-XX:SharedArchiveFile=${engine.archive}`], signal);
}

async function start(engine: FetchedEngine, dir: string, port: number, options: readonly string[], signal?: AbortSignal): Promise<LocalKafka> {
  await mkdir(dir, { recursive: true });
  const properties = join(dir, 'server.properties');
  await writeFile(properties, describeBroker(join(dir, 'log'), port, await findFreePort()));
  const java = [...jvm, ...options, log4j, '-cp', engine.classPath];
  if (!existsSync(join(dir, 'log', 'meta.properties'))) {
    await promisify(execFile)(engine.java, [...java, 'kafka.tools.StorageTool', 'format', '-t', 'b3BvcmEtbG9jYWwta2Fma2', '-c', properties]);
  }
  const logFile = join(dir, 'kafka.log');
  const child = await startChild({ command: engine.java, args: [...java, 'kafka.Kafka', properties], logFile, signal });
  await waitUntilReady('kafka', child, logFile, () => askForMetadata(port));
  return { ...child, brokers: `127.0.0.1:${port}` };
}

async function train(engine: FetchedEngine, options: readonly string[]): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'opora-kafka-'));
  try {
    const kafka = await start(engine, dir, await findFreePort(), options);
    await kafka.stop(archivePatience);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function askForMetadata(port: number): Promise<void> {
  await checkListening(port);
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    if (brokers.length === 0) throw new Error('the broker is not registered yet');
  } finally {
    await admin.disconnect();
  }
}

function describeBroker(data: string, port: number, controllerPort: number): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=BROKER://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=BROKER://127.0.0.1:${port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs=${data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
# After a kill -9 a new broker waits until the old one's session ends: 12 s by default, 5 s with these.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=8388608
num.network.threads=2
num.io.threads=2
group.coordinator.threads=1
background.threads=2
`;
}
