import type { ClientConfig } from 'pg';

/** How to reach a PostgreSQL server, as one who may create roles and schemas. `host` is a name or the folder of a unix socket. */
export interface Connection {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

export function toClientConfig(connection: Connection, schema: string): ClientConfig {
  return { ...connection, application_name: `opora ${schema}`, options: `-c search_path=${schema},public`, keepAlive: true };
}
