import neo4j from 'neo4j-driver';
import pg from 'pg';
import type { Logger } from 'pino';
import { createKafkaLog } from '../bus/kafka-log.ts';
import { lookAtKafka } from '../bus/look-at-kafka.ts';
import { openKafka } from '../bus/open-kafka.ts';
import type { Clock, NewId } from '../clock/clock.ts';
import type { Contract } from '../contract/contract.ts';
import { type Connection, toClientConfig } from '../postgres/connection.ts';
import { openDatabase } from '../postgres/open-database.ts';
import { createGrpcTransport } from '../rpc/grpc.ts';
import { findPeer, type GrpcConfig } from '../rpc/grpc-config.ts';
import type { MeshProof } from '../rpc/mesh-proof.ts';
import { currentTraceparent } from '../telemetry/tracing.ts';
import type { Engines, Neo4jServer } from './engines.ts';
import { createMeshReadiness } from './mesh-readiness.ts';
import { watchEngines } from './watch-engines.ts';

export interface MeshEngineOptions {
  database: Connection;
  /** `host:port`, with commas between them. */
  brokers: string;
  topics: { partitions: number; replicationFactor: number };
  /** Each server is a projection of its own; all of them know this user. */
  neo4j: { urls: readonly string[]; user: string; password: string };
  grpc: GrpcConfig;
  /** All services of the mesh, to tell how each is. */
  services: readonly string[];
  /** Names this process to Kafka: `tickets`. */
  clientId: string;
  contract: Contract;
  clock: Clock;
  newId: NewId;
  log: Logger;
  /** Something cannot be helped from inside: the process is to end and be started anew. */
  onStalled(reason: string): void;
}

/** Milliseconds that an engine has to answer when it is only looked at. */
const longestLook = 2_000;

/** This process's services in a mesh: Kafka between them, gRPC for calls, Neo4j to walk the graph. */
export async function meshEngines(options: MeshEngineOptions): Promise<Engines> {
  const { database, brokers, topics, grpc, services, clientId, contract, clock, newId, log, onStalled } = options;
  const kafka = openKafka({ brokers, clientId, log });
  const servers = openNeo4j(options.neo4j);
  const rpc = createGrpcTransport({
    contract,
    host: grpc.OPORA_GRPC_HOST,
    port: grpc.OPORA_GRPC_PORT,
    findPeer: (service) => findPeer(grpc, service),
    proof: readProof(grpc),
    log,
    clock,
  });
  const probe = new pg.Pool({
    ...toClientConfig(database, 'public'),
    max: 1,
    idleTimeoutMillis: 10_000,
    connectionTimeoutMillis: longestLook,
    query_timeout: longestLook,
  });
  probe.on('error', (error) => log.warn({ err: error }, 'a connection to PostgreSQL was lost'));
  const kafkaLook = lookAtKafka({ brokers, clientId, log, requestTimeout: longestLook });
  const watch = watchEngines({ tell: rpc.tellHealth, patience: longestLook });
  watch.begin('postgres', () => probe.query('select 1'));
  watch.begin('kafka', kafkaLook.look);
  const ownServices: Record<string, boolean> = {};
  const readiness = createMeshReadiness({
    services,
    engines: ['postgres', 'kafka', ...servers.map((server) => server.name)],
    own: () => ({ ...watch.states(), ...ownServices }),
    ask: rpc.askHealth,
  });
  return {
    name: 'mesh',
    openDatabase: (service) =>
      openDatabase({
        admin: database,
        service,
        clock,
        newId,
        traceparent: currentTraceparent,
        onConnectionError: (error) => log.warn({ err: error, service: service.name }, 'a connection to PostgreSQL was lost'),
      }),
    log: createKafkaLog({ kafka, topics, clock, log, onStalled }),
    rpc,
    graph(adapters) {
      for (const { name, driver } of servers) watch.begin(name, () => driver.getServerInfo());
      return adapters.neo4j(servers);
    },
    noteService(service, ready) {
      ownServices[service] = ready;
      rpc.tellHealth(service, ready);
    },
    // Nothing that others share with this process is a reason to send nobody to it: another one would not be better off.
    readiness: async () => ({ own: {}, others: await readiness() }),
    async stop() {
      await watch.stop();
      await rpc.stop();
      await Promise.all(servers.map(({ driver }) => driver.close()));
      await probe.end();
      await kafkaLook.stop();
    },
  };
}

function openNeo4j({ urls, user, password }: MeshEngineOptions['neo4j']): Neo4jServer[] {
  return urls.map((url, index) => {
    const connect = () =>
      neo4j.driver(url, neo4j.auth.basic(user, password), {
        disableLosslessIntegers: true,
        connectionAcquisitionTimeout: 3_000,
        maxTransactionRetryTime: 5_000,
      });
    return { name: index === 0 ? 'neo4j' : `neo4j-${index + 1}`, driver: connect(), connect };
  });
}

function readProof({ OPORA_TLS_CERT: cert, OPORA_TLS_KEY: key, OPORA_TLS_CA: ca, OPORA_MESH_KEY: meshKey }: GrpcConfig): MeshProof {
  if (cert !== undefined && key !== undefined && ca !== undefined) return { tls: { cert, key, ca } };
  if (meshKey !== undefined) return { key: meshKey };
  throw new Error('The processes of a mesh need mutual TLS or a key in common.');
}
