/** What a service has in PostgreSQL. */
export interface ServiceSchema {
  /** Its schema and, after `opora_`, its role. */
  name: string;
  /** Folder of numbered SQL files. */
  migrations?: URL;
  /**
   * The same for the schema `<name>_sealed`. It belongs to another role, and the service may read its tables and insert into them but never update, delete or
   * empty them, nor touch their triggers: what is written there stays.
   */
  sealed?: URL;
}
