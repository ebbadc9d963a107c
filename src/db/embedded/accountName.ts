import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";

function hasName(): boolean {
  try {
    userInfo();
    return true;
  } catch {
    return false;
  }
}

/**
 * Environment in which the hub's account has a name. A container may run as a UID that is in no `/etc/passwd`, and
 * initdb refuses that. The library nss_wrapper, where it is installed, then answers from a file in `dataDir`.
 */
export async function accountName(dataDir: string): Promise<Record<string, string>> {
  if (hasName()) return {};
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  const [passwd, group] = [join(dataDir, "passwd"), join(dataDir, "group")];
  await writeFile(passwd, `signalbox:x:${uid}:${gid}::/:/bin/sh\n`);
  await writeFile(group, `signalbox:x:${gid}:\n`);
  return {
    LD_PRELOAD: "libnss_wrapper.so",
    NSS_WRAPPER_PASSWD: passwd,
    NSS_WRAPPER_GROUP: group,
  };
}
