import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findJava, hasMaven } from '../../deploy/engines/find-java.ts';
import type { EngineSource } from './engine-source.ts';
import { findKafka } from './find-kafka.ts';
import { findNeo4j } from './find-neo4j.ts';

/** How test files, which run in other processes, find what jest's own process holds: OPORA_TEST_ENGINES as JSON. */
export interface SharedEngines {
  /** `GET /kafka` and `GET /neo4j` answer with the running engine. */
  url: string;
  kafka: boolean;
  neo4j: boolean;
  /** Whether a test can start a mesh, which brings a Kafka and a Neo4j of its own. */
  mesh: boolean;
}

/**
 * One Kafka and one Neo4j for a whole run of the tests, each started when the first test file asks for it. Called by jest's global set-up,
 * in the process that outlives all test files.
 */
export async function startSharedEngines(): Promise<{ stop(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'opora-engines-'));
  const [kafka, neo4j] = await Promise.all([findKafka(), findNeo4j()]);
  const engines: Record<string, SharedEngine | undefined> = {
    '/kafka': share(kafka, join(dir, 'kafka')),
    '/neo4j': share(neo4j, join(dir, 'neo4j')),
  };

  const server = createServer((request, response) => {
    const engine = engines[request.url ?? ''];
    const running = engine ? engine.take() : Promise.reject(new Error(`there is no ${request.url} here`));
    running.then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const mesh = (await findJava()) !== undefined && (await hasMaven());
  const shared: SharedEngines = { url: `http://127.0.0.1:${port}`, kafka: kafka !== undefined, neo4j: neo4j !== undefined, mesh };
  process.env['OPORA_TEST_ENGINES'] = JSON.stringify(shared);

  return {
    async stop() {
      server.closeAllConnections();
      server.close();
      await Promise.all(Object.values(engines).map((engine) => engine?.stop()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

interface SharedEngine {
  take(): Promise<object>;
  stop(): Promise<void>;
}

function share<Engine extends object>(source: EngineSource<Engine> | undefined, dir: string): SharedEngine | undefined {
  if (!source) return undefined;
  let running: Promise<Engine & { stop(): Promise<void> }> | undefined;
  return {
    take: () => (running ??= source.start(dir)),
    async stop() {
      const engine = await running?.catch(() => undefined); // one that did not start has nothing to stop
      await engine?.stop();
    },
  };
}
