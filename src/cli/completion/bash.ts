import type { treeOf } from "./tree.ts";

/** The script for bash. It knows all commands itself: starting the program at each TAB would take too long. */
export function bashScript({ places, valueOptions }: ReturnType<typeof treeOf>): string {
  const paths = places.filter(({ path }) => path !== "").map(({ path }) => `"${path}"`);
  const cases = places.map(
    ({ path, words }) => `    "${path}") words="${words.map(({ word }) => word).join(" ")}" ;;`,
  );
  const values = valueOptions.map(
    ({ flag, choices }) => `    ${flag}) words="${choices.join(" ")}" ;;`,
  );
  return `_signalbox() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${at:+$at }$word" in
      ${paths.join("|")}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at" in
${cases.join("\n")}
  esac
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${values.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _signalbox signalbox
`;
}
