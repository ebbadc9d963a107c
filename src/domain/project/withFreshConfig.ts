import { isStaleConfig } from "../../db/feed/record.ts";
import { Overloaded } from "../../util/overloaded.ts";

/**
 * A configuration that changes during every one of this many writes is being changed in a loop: more tries would not
 * help.
 */
const MAX_TRIES = 20;

/**
 * Plans and writes again when a project's configuration changed between the two (isStaleConfig). `write` reads the
 * configuration anew each time. Throws Overloaded, with nothing written, when it still changes after 20 tries.
 */
export async function withFreshConfig<Result>(write: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (!isStaleConfig(error)) throw error;
      if (tries >= MAX_TRIES) {
        throw new Overloaded(
          `The project's hooks, types or workflows were changed ${tries} times while this was being written. ` +
            "Nothing of it was stored; send it again in 1 s.",
          1,
        );
      }
    }
  }
}
