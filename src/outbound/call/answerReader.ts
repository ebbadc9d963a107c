import type { Socket } from "node:net";
import { repairHead, statusOf } from "./answerHead.ts";

const maxHeadBytes = 16_384;
const headEnd = /\r*\n\r*\n/;

export type AnswerReader = {
  /** Call it when a request is sent: the next bytes are the head of its response. */
  begin(): void;
  /**
   * The status, even if the rest of the head is unreadable. Null before it arrives and for interim
   * responses.
   */
  readonly statusCode: number | null;
  /** Whether a status has arrived but not the end of its headers. */
  readonly isCut: boolean;
  /** Whether the head had to be rewritten. Its connection must not be reused. */
  readonly isMended: boolean;
};

const finalStatus = (code: number | null) => (code !== null && code >= 200 ? code : null);

/**
 * Makes undici accept responses that other clients accept. Its parser is strict and has no option
 * for it: a message that the receiver answered with 200 in slightly wrong syntax would be sent
 * again. Heads are held until they are complete and then rewritten; bodies pass through.
 */
export function readAnswers(socket: Socket): AnswerReader {
  const read = socket.read.bind(socket);
  let held: Buffer | null = null;
  let isHead = false;
  let statusCode: number | null = null;
  let isRepaired = false;

  /** Returns the bytes that may be parsed; none before the head is complete. */
  function release(bytes: Buffer): Buffer | null {
    const ready: Buffer[] = [];
    let rest = bytes;
    let isChanged = false;
    while (isHead && rest.length > 0) {
      const text = rest.toString("latin1", 0, maxHeadBytes);
      const start = /^[\r\n]*/.exec(text)?.[0].length ?? 0;
      const end = headEnd.exec(text.slice(start));
      const isOther = !"HTTP/1.".startsWith(text.slice(start, start + 7));
      if (isOther || (!end && rest.length >= maxHeadBytes)) {
        // Not repairable: the parser reports the error.
        isHead = false;
        statusCode = finalStatus(statusOf(text.slice(start)));
        break;
      }
      if (!end) break;
      const head = text.slice(start, start + end.index + end[0].length);
      const repaired = repairHead(head);
      const code = statusOf(head);
      if (repaired !== head || start > 0) isChanged = true;
      if (code === null || code >= 200 || code === 101) {
        isHead = false;
        statusCode = finalStatus(code);
      }
      const own = rest.subarray(start, start + head.length);
      ready.push(repaired === head ? own : Buffer.from(repaired, "latin1"));
      rest = rest.subarray(start + head.length);
    }
    if (isChanged) isRepaired = true;
    // The usual case.
    if (!isHead && !isChanged) return bytes;
    if (isHead) held = rest.length > 0 ? rest : null;
    else ready.push(rest);
    return ready.length > 0 ? Buffer.concat(ready) : null;
  }

  socket.read = (size?: number) => {
    const chunk: Buffer | null = read(size);
    if (!isHead || chunk === null) return chunk;
    const bytes = held ? Buffer.concat([held, chunk]) : chunk;
    held = null;
    return release(bytes);
  };

  return {
    begin() {
      held = null;
      isHead = true;
      statusCode = null;
      isRepaired = false;
    },
    get statusCode() {
      return held ? finalStatus(statusOf(held.toString("latin1").trimStart())) : statusCode;
    },
    get isCut() {
      return held !== null && this.statusCode !== null;
    },
    get isMended() {
      return isRepaired;
    },
  };
}
