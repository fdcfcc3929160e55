/** PostgreSQL tuned to share a laptop with everything else. */
export function listSettings(socket: string, durable: boolean): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: socket,
    unix_socket_permissions: '0700',
    max_connections: '150',
    shared_buffers: '96MB',
    work_mem: '4MB',
    maintenance_work_mem: '32MB',
    max_wal_size: '1GB',
    wal_compression: 'pglz', // the binaries have neither lz4 nor zstd
    io_method: 'sync', // no extra processes for reads that a laptop's cache answers
    jit: 'off',
    autovacuum_max_workers: '2',
    autovacuum_naptime: '15s',
    // Lost races are our daily bread, and a statement's text may hold what nobody should read in a log.
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
