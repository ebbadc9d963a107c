/** PostgreSQL's settings, as arguments: these win over any file of the cluster. */
export const settings = (port: number): string[] =>
  Object.entries({
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 200,
    shared_buffers: "128MB",
    max_wal_size: "2GB",
    // An answered emit is on disk.
    fsync: "on",
    full_page_writes: "on",
    synchronous_commit: "on",
    // Sessions of a vanished hub, and their locks, go within half a minute.
    tcp_keepalives_idle: 10,
    tcp_keepalives_interval: 5,
    tcp_keepalives_count: 3,
    // Short statements only: compiling them costs more than it saves.
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
    // The server's own affairs, and no statement, which may hold what users entrust to the hub.
    log_min_messages: "log",
    log_min_error_statement: "panic",
    log_checkpoints: "off",
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
