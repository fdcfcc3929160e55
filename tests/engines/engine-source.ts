export interface KafkaEngine {
  /** As OPORA_KAFKA_BROKERS takes it. */
  readonly brokers: string;
}

export interface Neo4jEngine {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** Where tests get an engine from. Nothing runs until `start`. */
export interface EngineSource<Engine> {
  readonly from: 'environment' | 'docker' | 'local';
  /** `dir` is for its data. */
  start(dir: string): Promise<Engine & { stop(): Promise<void> }>;
}
