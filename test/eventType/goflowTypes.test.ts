import { afterAll, beforeAll, expect, test } from "vitest";
import { type CatalogType, catalogOf, createdOn, install, readEvent } from "../fixtures/catalog.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";

let hub: TestHub;
let types: CatalogType[];
beforeAll(async () => {
  hub = await testHub();
  await install(hub, "goflow");
  ({ types } = await catalogOf(hub, "goflow"));
});
afterAll(() => hub[Symbol.asyncDispose]());

/** What may be changed of a type's example (undefined leaves a field out), and the error for what may not. */
type Rules = { valid: object[]; invalid: [change: object, ...problems: string[]][] };

const v4 = "b7cf0d83-f1c9-411c-96fd-c511a4cfa86d";
const v1 = "8f8e2cae-3c8d-1dce-9c4b-19514437e427";
const upper = v4.toUpperCase();
const group = { uuid: v4, name: "Reporters" };

const urnRules = (path: string): Rules["invalid"] => [
  [{ urns: [""] }, `'${path}[0]' failed tag 'urn'`],
  [{ urns: ["tel:+12065551212", "xyz:1"] }, `'${path}[1]' failed tag 'urn'`],
  [
    { urns: ["twitter:a-b", "twitterid:bob", "mailto:x"] },
    ...[0, 1, 2].map((i) => `'${path}[${i}]' failed tag 'urn'`),
  ],
  [{ urns: [null] }, `'${path}[0]' must be a string`],
  [{ urns: "tel:+12065551212" }, `'${path}' must be an array or null`],
];

const groupRules = (path: string): Rules["invalid"] => [
  [
    { [path]: [{ uuid: v4, name_match: "R" }] },
    `'${path}[0].uuid' is mutually exclusive with 'name_match'`,
  ],
  [{ [path]: [group, { name: "R" }] }, `'${path}[1].uuid' is mutually exclusive with 'name_match'`],
  [{ [path]: [{ uuid: v1 }] }, `'${path}[0].uuid' must be a valid UUID4`],
  [{ [path]: [null] }, `'${path}[0]' must be an object`],
];

const contactRules: Rules["invalid"] = [
  [{ contacts: [{ name: "Bob" }] }, "'contacts[0].uuid' is required"],
  [{ contacts: [{ uuid: upper }] }, "'contacts[0].uuid' must be a valid UUID4"],
  [{ contacts: [null] }, "'contacts[0]' must be an object"],
];

const flowRules: Rules["invalid"] = [
  [{ flow: undefined }, "'flow' is required"],
  [{ flow: {} }, "'flow.uuid' is required"],
  [{ flow: { uuid: v1 } }, "'flow.uuid' must be a valid UUID4"],
];

const messageRules = (own: object, notOwn: object, problem: string): Rules => ({
  valid: [
    { msg: { text: "" } },
    { msg: { urn: "", channel: null, attachments: null, id: 123, ...own } },
    { msg: { channel: { uuid: v1 } } },
    { msg: { urn: "twitterid:123#bob" } },
  ],
  invalid: [
    [{ msg: undefined }, "'msg' is required"],
    [{ msg: null }, "'msg' must be an object"],
    [{ msg: { urn: "12065551212" } }, "'msg.urn' failed tag 'urn'"],
    [{ msg: { channel: {} } }, "'msg.channel.uuid' is required"],
    [{ msg: { channel: { uuid: upper } } }, "'msg.channel.uuid' must be a valid UUID"],
    [
      { msg: { text: 5, attachments: [5] } },
      "'msg.text' must be a string or null",
      "'msg.attachments[0]' must be a string",
    ],
    [{ msg: { id: "123" } }, "'msg.id' must be an integer or null"],
    [{ msg: notOwn }, problem],
  ],
});

const sent = messageRules(
  { quick_replies: ["yes", "no"] },
  { quick_replies: [null] },
  "'msg.quick_replies[0]' must be a string",
);

/** Any JSON may stand in this field. */
const document = (field: string): Rules => ({
  valid: [{ [field]: null }, { [field]: undefined }, { [field]: [1, "a", {}] }, { [field]: "x" }],
  invalid: [],
});

/** A string that may be empty. */
const plain = (field: string): Rules => ({
  valid: [{ [field]: "" }, { [field]: undefined }, { [field]: null }],
  invalid: [
    [{ [field]: 5 }, `'${field}' must be a string or null`],
    [{ [field]: ["x"] }, `'${field}' must be a string or null`],
  ],
});

const rules: Record<string, Rules> = {
  broadcast_created: {
    valid: [
      { urns: null, contacts: [], groups: [group, { name_match: "Test" }] },
      { translations: { eng: {} }, base_language: "fra" },
    ],
    invalid: [
      [{ translations: undefined }, "'translations' is required"],
      [{ translations: {} }, "'translations' must have a minimum of 1 items"],
      [{ translations: { eng: { text: 5 } } }, "'translations.eng.text' must be a string or null"],
      [{ translations: { eng: null } }, "'translations.eng' must be an object"],
      [{ base_language: undefined }, "'base_language' is required"],
      [{ base_language: "" }, "'base_language' is required"],
      ...urnRules("urns"),
      ...contactRules,
      ...groupRules("groups"),
    ],
  },
  contact_field_changed: {
    valid: [
      { value: null },
      { value: undefined },
      { value: { text: "23", number: 23, datetime: "2000-01-01T00:00:00.000000000-00:00" } },
    ],
    invalid: [
      [{ field: undefined }, "'field' is required"],
      [{ field: { name: "Gender" } }, "'field.key' is required"],
      [{ field: { key: "" } }, "'field.key' is required"],
      [{ value: { text: "" } }, "'value.text' is required"],
      [{ value: { number: 1 } }, "'value.text' is required"],
      [{ value: "Male" }, "'value' must be an object or null"],
      [
        { value: { text: "x", datetime: "x" } },
        "'value.datetime' must be a valid RFC 3339 date-time",
      ],
    ],
  },
  contact_groups_changed: {
    valid: [
      { groups_added: undefined, groups_removed: undefined },
      { groups_added: null, groups_removed: [{ name_match: "Customers" }] },
    ],
    invalid: [...groupRules("groups_added"), ...groupRules("groups_removed")],
  },
  contact_language_changed: plain("language"),
  contact_name_changed: plain("name"),
  contact_refreshed: document("contact"),
  contact_timezone_changed: plain("timezone"),
  contact_urns_changed: {
    valid: [
      { urns: [] },
      { urns: null },
      { urns: ["mailto:a@b", "ext:5", "telegram:5", "viber:x=", "line:x", "twitter:bob"] },
      { urns: ["tel:+12065551212?id=3#Bob", "whatsapp:12065551212", "facebook:ref:x", "fcm:a b"] },
    ],
    invalid: urnRules("urns"),
  },
  email_created: {
    valid: [{ addresses: ["anyone"] }, { body: "" }, { body: undefined }],
    invalid: [
      [{ addresses: undefined }, "'addresses' is required"],
      [{ addresses: [] }, "'addresses' must have a minimum of 1 items"],
      [{ addresses: [null] }, "'addresses[0]' must be a string"],
      [{ subject: "" }, "'subject' is required"],
      [{ subject: undefined, body: 5 }, "'subject' is required", "'body' must be a string or null"],
    ],
  },
  environment_refreshed: document("environment"),
  error: {
    valid: [{ fatal: true }, { fatal: undefined }],
    invalid: [
      [{ text: undefined }, "'text' is required"],
      [{ text: "" }, "'text' is required"],
      [{ fatal: "no" }, "'fatal' must be a boolean or null"],
    ],
  },
  flow_entered: {
    valid: [{ parent_run_uuid: "" }, { parent_run_uuid: undefined, terminal: true }],
    invalid: [
      ...flowRules,
      [{ parent_run_uuid: "x" }, "'parent_run_uuid' must be a valid UUID4"],
      [{ parent_run_uuid: upper }, "'parent_run_uuid' must be a valid UUID4"],
      [{ parent_run_uuid: 5 }, "'parent_run_uuid' must be a string or null"],
      [{ terminal: 1 }, "'terminal' must be a boolean or null"],
    ],
  },
  input_labels_added: {
    valid: [{ labels: [{ name_match: "Spam" }] }],
    invalid: [
      [{ input_uuid: undefined }, "'input_uuid' is required"],
      [{ input_uuid: v1 }, "'input_uuid' must be a valid UUID4"],
      [{ labels: undefined }, "'labels' is required"],
      [{ labels: [] }, "'labels' must have a minimum of 1 items"],
      ...groupRules("labels"),
    ],
  },
  ivr_created: sent,
  msg_created: sent,
  msg_received: messageRules(
    { external_id: "ABC" },
    { external_id: 5 },
    "'msg.external_id' must be a string or null",
  ),
  msg_wait: {
    valid: [{ timeout_on: undefined }, { timeout_on: null }],
    invalid: [
      [{ timeout_on: 300 }, "'timeout_on' must be a string or null"],
      [{ timeout_on: "300" }, "'timeout_on' must be a valid RFC 3339 date-time"],
    ],
  },
  resthook_called: {
    valid: [{ resthook: "" }, ...document("payload").valid],
    invalid: [[{ resthook: 5 }, "'resthook' must be a string or null"]],
  },
  run_expired: {
    valid: [{ run_uuid: v4 }],
    invalid: [
      [{ run_uuid: undefined }, "'run_uuid' is required"],
      [{ run_uuid: "" }, "'run_uuid' must be a valid UUID4"],
      [{ run_uuid: upper }, "'run_uuid' must be a valid UUID4"],
    ],
  },
  run_result_changed: {
    valid: [
      { value: "", category: "", category_localized: undefined, input: null },
      ...document("extra").valid,
    ],
    invalid: [
      [{ name: undefined }, "'name' is required"],
      [{ name: "" }, "'name' is required"],
      [{ value: 5 }, "'value' must be a string or null"],
    ],
  },
  session_triggered: {
    valid: [{ create_contact: true, contacts: null }, ...document("run_summary").valid],
    invalid: [
      ...flowRules,
      ...urnRules("urns"),
      ...contactRules,
      ...groupRules("groups"),
      [{ create_contact: "yes" }, "'create_contact' must be a boolean or null"],
    ],
  },
  wait_timed_out: { valid: [{ anything: 5 }], invalid: [] },
  webhook_called: {
    valid: [
      { url: "not a URL", resthook: "success", status: "subscriber_gone", status_code: 410 },
      { status: "connection_error", status_code: undefined, response: undefined },
      { status: "response_error", status_code: 500, body_ignored: true },
    ],
    invalid: [
      [{ url: "" }, "'url' is required"],
      [{ request: undefined }, "'request' is required"],
      [{ status: undefined }, "'status' is required"],
      [
        { status: "failed" },
        "'status' must be one of 'success', 'connection_error', 'response_error', 'subscriber_gone'",
      ],
      [{ elapsed_ms: 1.5 }, "'elapsed_ms' must be an integer or null"],
      [{ status_code: "200" }, "'status_code' must be an integer or null"],
    ],
  },
};

test("there are rules for every type of the catalogue", () => {
  expect(Object.keys(rules)).toEqual(types.map(({ name }) => name));
});

test.each(Object.entries(rules))(
  "S1.5: %s is what its rules say",
  async (name, { valid, invalid }) => {
    const example = types.find((type) => type.name === name)?.example;
    const read = async (change: object) => {
      const event = { type: name, created_on: createdOn, ...example, ...change };
      return (await readEvent(hub, event)).userErrors.map(({ message }) => message);
    };
    for (const change of valid) expect([change, await read(change)]).toEqual([change, []]);
    for (const [change, ...problems] of invalid) {
      const messages = problems.map((problem) => `field ${problem}`);
      expect([change, await read(change)]).toEqual([change, messages]);
    }
  },
);

test("S1.11: an error says whether it is fatal, and a flow whether it is terminal and who its parent is", async () => {
  const read = async (event: object) =>
    (await readEvent(hub, { created_on: createdOn, ...event })).data;
  const error = { text: "no such flow", fatal: true };
  expect(await read({ type: "error", ...error })).toEqual(error);
  const entered = { flow: { uuid: v4, name: "Registration" }, parent_run_uuid: v4, terminal: true };
  expect(await read({ type: "flow_entered", ...entered })).toEqual(entered);
});
