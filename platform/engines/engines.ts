import type { Driver } from 'neo4j-driver';
import type { Client } from 'pg';
import type { EventLog } from '../bus/event-log.ts';
import type { Database } from '../postgres/database.ts';
import type { ServiceSchema } from '../postgres/service-schema.ts';
import type { RpcTransport } from '../rpc/transport.ts';
import type { PartStates } from '../service/readiness.ts';

/** One Neo4j, called by its place among them: `neo4j`, `neo4j-2`, … */
export interface Neo4jServer {
  readonly name: string;
  readonly driver: Driver;
  /** A driver of one's own, to be closed: for what may have to be cut off. */
  connect(): Driver;
}

/** A service offers both adapters of a graph port; the engine set takes the one that it has. The servers know nothing of each other. */
export type GraphChoice = <Graph>(adapters: { records(): Graph; neo4j(servers: readonly Neo4jServer[]): Graph }) => Graph;

/** One engine set. `embedded.ts` and `mesh.ts` are the only two places that choose. */
export interface Engines {
  readonly name: 'embedded' | 'mesh';
  /** Opens the service's schema: makes role and schema if absent, applies its migrations. */
  openDatabase(service: ServiceSchema): Promise<OpenDatabase>;
  log: EventLog;
  rpc: RpcTransport;
  graph: GraphChoice;
  /** Told when a service of this process becomes ready, and when it is no longer. */
  noteService(service: string, ready: boolean): void;
  /** Engines, and in a mesh the services of other processes, by name. `own` is what came with this process and what it cannot do without. */
  readiness(): Promise<{ own: PartStates; others: PartStates }>;
  stop(): Promise<void>;
}

export interface OpenDatabase extends Database {
  /**
   * Makes one transaction of all that `work` queries and commits here, however deep below; use cases need not know. It is committed when `work` ends well, and
   * taken back when it throws. `work` is run again when the transaction had to make way for another (a deadlock), until there is no time left
   * (epoch milliseconds): AppError `unavailable`.
   */
  transaction<Result>(work: () => Promise<Result>, until: number): Promise<Result>;
  /** When the oldest transaction that is open here was begun (epoch milliseconds): what it decided since then is still to come. */
  oldestTransaction(): number | undefined;
  /** Calls `wake` after each commit that had events; gives the way to stop that. */
  onCommit(wake: () => void): () => void;
  /** A connection of its own under the service's role, for what holds a lock as long as it works. */
  openClient(): Promise<Client>;
  /** Connections of the pool: all, idle, and how many queries wait for one. */
  gauge(): { total: number; idle: number; waiting: number };
  close(): Promise<void>;
}
