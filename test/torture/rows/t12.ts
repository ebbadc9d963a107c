import { hubProcess } from "../../fixtures/process.ts";
import { startCanary } from "../kit/canary.ts";
import { until } from "../kit/until.ts";
import { holds, type Row } from "../row.ts";

const HOOK = `mutation ($url: String!) { registerHook(input: { url: $url, types: ["*"], retries: 0 }) {
  hook { id } userErrors { code } } }`;
type Registered = { registerHook: { hook: { id: string } | null; userErrors: { code: string }[] } };

/** Ways to write an address of this machine. */
const spellings = (port: number): string[] =>
  [
    ...["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0"],
    ...["127.0.0.1.", "127.255.255.254", "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1"],
    ...[
      "[::1]",
      "[::]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[::127.0.0.1]",
      "[0:0:0:0:0:0:0:1]",
    ],
    ...["[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]", "[::ffff:0:127.0.0.1]"],
    ...["localhost", "LOCALHOST", "localhost.", "a.localhost", "metadata.google.internal"],
    ...[
      "169.254.169.254",
      "[fd00:ec2::254]",
      "10.0.0.1",
      "172.16.0.1",
      "192.168.0.1",
      "100.64.0.1",
    ],
  ].map((host) => `http://${host}:${port}/canary`);

export const t12: Row = {
  id: "T12",
  title:
    "private addresses in every spelling, when a hook is saved and when it is called: nobody is dialled",
  async run(kit) {
    const site = await kit.site();
    await using canary = await startCanary();
    const urls = spellings(canary.port);
    await using strict = await hubProcess(site, { SIGNALBOX_ALLOW_TARGETS: "" });
    for (const url of urls) {
      const { registerHook } = await strict.run<Registered>(HOOK, { url });
      holds(registerHook.hook === null, `${url} was saved`);
    }
    // Saved while an operator allowed everything, called when nobody does any more.
    const everything = { SIGNALBOX_ALLOW_TARGETS: "0.0.0.0/0,::/0", SIGNALBOX_ROLES: "api" };
    let saved = 0;
    {
      await using lax = await hubProcess(site, everything);
      for (const url of urls) {
        const { registerHook } = await lax.run<Registered>(HOOK, { url });
        if (registerHook.hook) saved++;
      }
    }
    holds(canary.connections() === 0, "a target was dialled before anything was sent");
    await strict.run(`mutation { emitEvent(input: { type: "a" }) { event { id } } }`);
    const over = async () => {
      const rows = await site.db.sql`select id from signalbox.deliveries where status = 'FAILED'`;
      return rows.length === saved;
    };
    await until("every call is refused", over, 60_000);
    holds(
      canary.connections() === 0,
      `${canary.connections()} connections reached a private address`,
    );
    if (saved < 20) throw new Error(`only ${saved} targets could be tried`);
    return { spellings: urls.length, "called with": saved, connections: canary.connections() };
  },
};
