import { CloudEvent, HTTP } from "cloudevents";
import { describe, expect, test } from "vitest";
import { createEnvelope, type EnvelopeEvent } from "../../src/domain/event/envelope.ts";

const event: EnvelopeEvent = {
  id: "0199c0de-0000-7000-8000-000000000001",
  type: "ticket.created",
  source: "/projects/default",
  time: "2026-01-02T03:04:05.678Z",
  occurredAt: "2026-01-02T03:04:00.000Z",
  data: '{"title":"Ol\u00e1 🎫","amount":12345678901234567890,"price":1.10}',
  stepUuid: null,
  userId: null,
  contextId: null,
  subject: null,
  trace: null,
};
const flat = (over: Partial<EnvelopeEvent>) => createEnvelope({ ...event, ...over }, "EVENT").body;

/** The envelope as the CloudEvents SDK reads it. */
const read = (given: EnvelopeEvent, format: "CLOUD_EVENT_STRUCTURED" | "CLOUD_EVENT_BINARY") => {
  const { contentType, headers, body } = createEnvelope(given, format);
  const read = HTTP.toEvent({ headers: { "content-type": contentType, ...headers }, body });
  if (Array.isArray(read)) throw new Error("Read as a batch");
  return read;
};

describe("an envelope", () => {
  test("of CLOUD_EVENT is exactly its six members, data verbatim", () => {
    const { contentType, headers, body } = createEnvelope(event, "CLOUD_EVENT");
    expect(contentType).toBe("application/json");
    expect(headers).toEqual({});
    expect(body).toBe(
      `{"specversion":"1.0-rc1","id":"${event.id}","type":"ticket.created","source":"/projects/default",` +
        `"time":"2026-01-02T03:04:05.678Z","data":${event.data}}`,
    );
    expect(createEnvelope({ ...event, data: null }, "CLOUD_EVENT").body).toMatch(/,"data":null}$/);
  });

  test.each(["CLOUD_EVENT_STRUCTURED", "CLOUD_EVENT_BINARY"] as const)(
    "of %s is a CloudEvent 1.0 to the SDK",
    (format) => {
      const about = { userId: "u1", contextId: "order-9", subject: "ticket/7" };
      const given = read({ ...event, data: '{"a":[1]}', ...about }, format);
      expect(() => new CloudEvent({ ...given }, true)).not.toThrow();
      expect(given).toMatchObject({
        specversion: "1.0",
        id: event.id,
        type: event.type,
        source: event.source,
        time: event.time,
        subject: "ticket/7",
        userid: "u1",
        contextid: "order-9",
        datacontenttype: "application/json",
        data: { a: [1] },
      });
      const bare = read(event, format);
      expect([bare.subject, bare.userid, bare.contextid].filter((value) => value)).toEqual([]);
    },
  );

  test.each(["Ticket Created 🎫", '100 % "sure"', "é\u0001\u007f", "plain", "\ud800"])(
    "in binary mode carries a type like %j in printable ASCII",
    (type) => {
      const { headers } = createEnvelope({ ...event, type }, "CLOUD_EVENT_BINARY");
      expect(headers["ce-type"]).toMatch(/^[!#-~]+$/);
      const read = HTTP.toEvent({
        headers: { "content-type": "application/json", ...headers },
        body: "1",
      });
      expect(decodeURIComponent(Object(read).type)).toBe(type.toWellFormed());
    },
  );

  test.each(["CLOUD_EVENT", "CLOUD_EVENT_STRUCTURED", "CLOUD_EVENT_BINARY", "EVENT"] as const)(
    "of %s is a JSON document, as its content type says, also without data",
    (format) => {
      const { contentType, body } = createEnvelope({ ...event, data: null }, format);
      expect(contentType).toMatch(/json$/);
      const read = JSON.parse(body);
      expect(format === "CLOUD_EVENT_BINARY" ? read : (read.data ?? null)).toBeNull();
    },
  );

  test("of EVENT has its data's fields beside its own, verbatim", () => {
    expect(flat({})).toBe(
      `{"type":"ticket.created","created_on":"2026-01-02T03:04:00.000Z",${event.data?.slice(1)}`,
    );
    expect(flat({ stepUuid: "s1", data: "{}" })).toBe(
      '{"type":"ticket.created","created_on":"2026-01-02T03:04:00.000Z","step_uuid":"s1"}',
    );
    expect(flat({ data: null })).toBe(flat({ data: " { } " }));
    for (const data of ["[1,2]", "1", '"{"', "null", "true"]) {
      expect(flat({ data })).toBe(`${flat({ data: null }).slice(0, -1)},"data":${data}}`);
    }
  });

  test("of EVENT lets no field of the data replace its own", () => {
    const data =
      '{"type":"evil","a":{"type":"ok"},"created_on":{"x":[1,"}"]},"step_uuid":1,"\\u0074ype":2}';
    expect(flat({ data })).toBe(
      '{"type":"ticket.created","created_on":"2026-01-02T03:04:00.000Z","a":{"type":"ok"}}',
    );
  });

  test("of EVENT keeps any object, whatever its strings and depth", () => {
    const objects = [
      { 'quote"\\': '\\"}{][,:', "": "", ":": ",", "{": { "}": [] }, b: [[], {}, [{ c: null }]] },
      { long: "x\\".repeat(100_000) },
      JSON.parse('{"__proto__":1,"1":2}'),
    ];
    for (const given of objects) {
      const data = JSON.stringify(given, null, 1);
      const { type, created_on, ...rest } = JSON.parse(flat({ data }));
      expect(JSON.stringify(rest)).toBe(JSON.stringify(given));
      expect(type).toBe(event.type);
      expect(created_on).toBe(event.occurredAt);
    }
    const deep = `"deep":${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(flat({ data: `{${deep}}` }).endsWith(`,${deep}}`)).toBe(true);
  });
});
