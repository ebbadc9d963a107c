/** RFC 5321: of an address as a whole, and of the part before the @. */
const MAX_ADDRESS = 254;
const MAX_LOCAL = 64;

/** A plain address: no quotes, comments, spaces or non-ASCII, so that it is one word wherever it is written. */
const plain =
  /^[A-Za-z0-9!#$&'*+=^_`{|}~-]+(\.[A-Za-z0-9!#$&'*+=^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])$/;

/** Whether a text is such an address. */
export const isAddress = (text: string): boolean =>
  text.length <= MAX_ADDRESS && text.indexOf("@") <= MAX_LOCAL && plain.test(text);
