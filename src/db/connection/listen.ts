import { openSession } from "./client.ts";

const AGAIN_AFTER_MS = 500;

/**
 * Listens on a session of its own, which is reopened when lost. Notifications sent meanwhile are lost, so `onListening`
 * is called each time it listens again.
 */
export async function listen(
  url: string,
  channels: Record<string, (payload: string) => void>,
  onListening: () => void,
): Promise<AsyncDisposable> {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const session = openSession(url, {
    onLost: () => again(0),
    onNotify: (channel, payload) => channels[channel]?.(payload),
  });
  const begin = () =>
    session
      .unsafe(
        Object.keys(channels)
          .map((name) => `listen "${name}"`)
          .join("; "),
      )
      .execute();

  function again(inMs: number): void {
    if (isOver) return;
    timer ??= setTimeout(async () => {
      timer = undefined;
      await begin().then(onListening, () => again(AGAIN_AFTER_MS));
    }, inMs);
  }

  try {
    await begin();
  } catch (error) {
    isOver = true;
    throw error;
  }
  onListening();
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearTimeout(timer);
      await session.end({ timeout: 1 });
    },
  };
}
