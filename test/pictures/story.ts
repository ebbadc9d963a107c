import type { BenchHub } from "../bench/hubProcess.ts";

const emitMutation = `mutation ($input: EmitEventInput!) {
  emitEvent(input: $input) { event { id actions { id } } userErrors { message } } }`;
const registerMutation = `mutation ($input: RegisterHookInput!) {
  registerHook(input: $input) { hook { id } userErrors { message } } }`;
const pressMutation = `mutation ($id: ID!) {
  pressAction(input: { actionId: $id, confirm: true }) { userErrors { message } } }`;

type Emitted = { emitEvent: { event: { id: string; actions: { id: string }[] } | null } };
type Registered = { registerHook: { hook: { id: string } | null } };

const items = [
  { sku: "LAMP-2", name: "Desk lamp", quantity: 1 },
  { sku: "BULB-E14", name: "Bulb, E14", quantity: 3 },
];

/** What happens in a shop, one thing after the other; `url` takes what is sent, and answers by its path. */
function scenes(url: string): object[] {
  const reported = {
    type: "user.reported",
    name: "User reported",
    avatar: "🚩",
    category: "moderation",
    userId: "u-2048",
    contentType: "TEXT",
    content: "Three reports of spam in the forum within an hour",
    data: { user: "u-2048", reports: 3, reason: "spam" },
    actions: [
      { url: `${url}/ban`, buttonText: "Ban user", key: "ban", style: "DANGER", expireIn: 120 },
      { url: `${url}/warn`, buttonText: "Send a warning", key: "warn", repeat: true },
      { url: "https://example.com/users/2048", buttonText: "Open profile", external: true },
    ],
  };
  const order = (number: number, amount: number) => ({
    type: "order.paid",
    name: "Order paid",
    avatar: "🛒",
    category: "sales",
    userId: `u-${number % 900}`,
    contextId: `order-${number}`,
    contentType: "ROWS",
    content: [
      { label: "Order", content: `#${number}` },
      { label: "Total", content: `€ ${amount.toFixed(2)}` },
    ],
    data: { order: number, amount, currency: "EUR", items },
  });
  const shipped = (number: number) => ({
    type: "order.shipped",
    name: "Order shipped",
    avatar: "📦",
    category: "logistics",
    contextId: `order-${number}`,
    data: { order: number, carrier: "DHL", parcels: 1 },
  });
  const ticket = {
    type: "ticket.created",
    name: "Ticket created",
    avatar: "🎫",
    category: "support",
    contentType: "TEXT",
    content: "My lamp arrived without its shade",
    data: { ticket: 311, priority: "high", order: 4_011 },
  };
  const refund = {
    type: "refund.requested",
    name: "Refund requested",
    avatar: "💶",
    category: "sales",
    contextId: "order-4011",
    data: { order: 4_011, amount: 29.9 },
    actions: [
      { url: `${url}/refund`, buttonText: "Refund", key: "refund", style: "IMPORTANT" },
      { url: `${url}/decline`, buttonText: "Decline", key: "decline" },
    ],
  };
  const backup = {
    type: "backup.finished",
    name: "Backup finished",
    avatar: "💾",
    category: "operations",
    data: { seconds: 418, bytes: 73_014_444_032 },
  };
  return [
    backup,
    order(4_008, 129),
    order(4_009, 18.5),
    shipped(4_008),
    order(4_010, 244.8),
    order(4_011, 59.8),
    shipped(4_009),
    ticket,
    shipped(4_011),
    refund,
    order(4_012, 12.9),
    reported,
    order(4_013, 88),
  ];
}

/** Fills a hub with what the pictures show; gives back the addresses of their pages. */
export async function tellStory(hub: BenchHub, url: string): Promise<Record<string, string>> {
  const register = async (input: object) =>
    (await hub.run<Registered>(registerMutation, { input })).registerHook.hook?.id;
  const billing = await register({ name: "billing", url: `${url}/billing`, types: ["order.*"] });
  await register({ name: "data warehouse", url: `${url}/warehouse`, types: ["*"] });
  const desk = { name: "help desk", url: `${url}/broken/desk`, types: ["ticket.*"] };
  await register({ ...desk, retries: 1, retryScheduleMs: [200] });
  await register({ name: "fraud check", url: `${url}/broken/fraud`, types: ["refund.*"] });
  let shown = "";
  for (const input of scenes(url)) {
    const { emitEvent } = await hub.run<Emitted>(emitMutation, { input });
    const [first] = emitEvent.event?.actions ?? [];
    if (!emitEvent.event || !first) continue;
    shown = emitEvent.event.id;
    // The last event with buttons has one that was pressed.
    const [, second] = emitEvent.event.actions;
    if (second) await hub.run(pressMutation, { id: second.id });
  }
  return { feed: "/", event: `/events/${shown}`, hook: `/hooks/${billing}` };
}
