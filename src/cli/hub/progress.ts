const WIDTH = 30;

type Progress = Disposable & { show(done: number, total: number): void };

/** A bar that is drawn over itself, on a terminal alone. Disposing ends its line. */
export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let isDrawn = false;
  return {
    show(done, total) {
      if (!stream.isTTY) return;
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const filled = Math.round(share * WIDTH);
      const bar = "#".repeat(filled) + "-".repeat(WIDTH - filled);
      stream.write(`\r[${bar}] ${done} of ${total}`);
      isDrawn = true;
    },
    [Symbol.dispose]() {
      if (isDrawn) stream.write("\n");
    },
  };
}
