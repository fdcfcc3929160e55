import type { Connection } from './connection.ts';

/** Reads `postgresql://user:password@host:port/database`; `?host=/folder` names a unix socket's folder. */
export function parseConnection(url: string): Connection {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  return {
    host: searchParams.get('host') ?? hostname,
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  };
}

export function formatConnection({ host, port, user, password, database }: Connection): string {
  const [authority, query] = host.startsWith('/') ? ['localhost', `?host=${encodeURIComponent(host)}`] : [host, ''];
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${authority}:${port}/${encodeURIComponent(database)}${query}`;
}
