/** PostgreSQL's settings as arguments: they take precedence over files of the cluster. */
export const settings = (port: number): string[] =>
  Object.entries({
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 200,
    shared_buffers: "128MB",
    max_wal_size: "2GB",
    // An emit is on disk before it is answered.
    fsync: "on",
    full_page_writes: "on",
    synchronous_commit: "on",
    // Sessions of a vanished hub, and their locks, end within half a minute.
    tcp_keepalives_idle: 10,
    tcp_keepalives_interval: 5,
    tcp_keepalives_count: 3,
    // Statements are short: compiling them costs more than it saves.
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
    // Logs the server's own messages and no statements, which may contain users' data.
    log_min_messages: "log",
    log_min_error_statement: "panic",
    log_checkpoints: "off",
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
