const statusLine = /^HTTP\/1\.(\d)[ \t]+(\d{3})(?:[ \t]+(.*))?$/;
const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: not allowed in a header value (RFC 9110, 5.5)
const control = /[\u0000-\u0008\u000a-\u001f\u007f]/g;

/** A head that the parser accepts unchanged. */
const strict =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  /^HTTP\/1\.[01] (?!100)\d{3}(?: [^\u0000-\u0008\u000a-\u001f\u007f]*)?\r\n(?:[!#$%&'*+\-.^_`|~0-9a-z]+:[^\u0000-\u0008\u000a-\u001f\u007f]*\r\n)*\r\n$/i;
/** Several headers that define the end of the body. */
const ambiguous = /\ncontent-length:[^\n]*,|(?:\n(?:content-length|transfer-encoding):[\s\S]*){2}/i;

/** The status of a response with a complete status line; null if it is not HTTP/1. */
export function statusOf(head: string): number | null {
  const end = head.search(/\r*\n/);
  const [, , code] = statusLine.exec(end < 0 ? "" : head.slice(0, end)) ?? [];
  return code === undefined ? null : Number(code);
}

/**
 * Rewrites the head of a response for the strict parser if only its syntax is wrong and nothing is
 * ambiguous: bare line feeds, folded lines, spaces before a colon, lines that are not headers,
 * control characters, a repeated length, or a length with chunks. Returns the same text if there is
 * nothing to fix.
 */
export function repairHead(raw: string): string {
  if (strict.test(raw) && !ambiguous.test(raw)) return raw;
  const [first = "", ...rest] = raw.trimEnd().split(/\r*\n/);
  const [, minor, code, reason = ""] = statusLine.exec(first) ?? [];
  if (code === undefined) return raw;
  const headers = singleLength(unfolded(rest).flatMap(parsed));
  // The parser rejects an unrequested 100 but ignores 102.
  const status = `HTTP/1.${minor === "0" ? 0 : 1} ${code === "100" ? "102" : code} `;
  const lines = headers.map(({ name, value }) => `${name}: ${value}\r\n`);
  return `${status}${reason.replace(control, " ")}\r\n${lines.join("")}\r\n`;
}

type Header = { name: string; value: string };

/** Joins lines that begin with a space or tab to the header before them. */
function unfolded(lines: string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    if (/^[ \t]/.test(line) && whole.length > 0) whole.push(`${whole.pop()} ${line.trim()}`);
    else whole.push(line);
  }
  return whole;
}

function parsed(line: string): Header[] {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0)).trim();
  if (!token.test(name)) return [];
  return [
    {
      name,
      value: line
        .slice(colon + 1)
        .replace(control, " ")
        .trim(),
    },
  ];
}

/** Keeps one length if all are equal, and none if the body is chunked (RFC 9112, 6.3). */
function singleLength(headers: Header[]): Header[] {
  const of = (name: string) => headers.filter((header) => header.name.toLowerCase() === name);
  const lengths = of("content-length");
  if (lengths.length === 0) return headers;
  const isChunked = /(?:^|,)[ \t]*chunked$/i.test(of("transfer-encoding").at(-1)?.value ?? "");
  const values = new Set(lengths.flatMap(({ value }) => value.split(",")).map((v) => v.trim()));
  const [length = ""] = values;
  if (!isChunked && values.size > 1) return headers;
  const others = headers.filter((header) => !lengths.includes(header));
  return isChunked ? others : [...others, { name: "content-length", value: length }];
}
