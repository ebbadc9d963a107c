/** Variables of libpq, and the parameter of a URL that each stands for. */
const variables = {
  PGHOST: "host",
  PGPORT: "port",
  PGDATABASE: "dbname",
  PGUSER: "user",
  PGPASSWORD: "password",
  PGSSLMODE: "sslmode",
  PGSSLROOTCERT: "sslrootcert",
  PGSSLCERT: "sslcert",
  PGSSLKEY: "sslkey",
  PGSSLNEGOTIATION: "sslnegotiation",
  PGCONNECT_TIMEOUT: "connect_timeout",
  PGAPPNAME: "application_name",
  PGOPTIONS: "options",
  PGTARGETSESSIONATTRS: "target_session_attrs",
};

/** The parts of a URL that say the same as a parameter. */
const parts: Record<string, "hostname" | "port" | "pathname" | "username" | "password"> = {
  host: "hostname",
  port: "port",
  dbname: "pathname",
  user: "username",
  password: "password",
};

/** What a database's URL leaves out, the variables say, as for psql. */
export function withPgVariables(text: string, env: NodeJS.ProcessEnv): string {
  const url = new URL(text);
  const says = (parameter: string) => {
    const part = parts[parameter];
    return url.searchParams.has(parameter) || (part && !["", "/"].includes(url[part]));
  };
  const added = Object.entries(variables).flatMap(([name, parameter]) => {
    const value = env[name];
    return value && !says(parameter) ? [`${parameter}=${encodeURIComponent(value)}`] : [];
  });
  if (added.length === 0) return text;
  url.search = [url.search.slice(1), ...added].filter(Boolean).join("&");
  return url.href;
}

/** The drivers read them by themselves: not all, not alike, and for the embedded server, too. */
export function forgetPgVariables(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) if (/^PG[A-Z]/.test(name)) delete env[name];
}
