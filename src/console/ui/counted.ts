/** A count and what is counted, such as “1 delivery” or “2,000 deliveries”. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString()} ${count === 1 ? one : many}`;
