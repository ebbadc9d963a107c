import type { treeOf } from "./tree.ts";

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The script for zsh, with descriptions. */
export function zshScript({ places, valueOptions }: ReturnType<typeof treeOf>): string {
  const paths = places.filter(({ path }) => path !== "").map(({ path }) => `"${path}"`);
  const cases = places.map(({ path, words }) => {
    const described = words.map(({ word, description }) =>
      quoted(`${word.replaceAll(":", "\\:")}:${description}`),
    );
    return `    "${path}") found=(${described.join(" ")}) ;;`;
  });
  const values = valueOptions.map(
    ({ flag, choices }) => `    ${flag}) found=(${choices.join(" ")}) ;;`,
  );
  return `#compdef signalbox
_signalbox() {
  local at="" word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${at:+$at }$word" in
      ${paths.join("|")}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at" in
${cases.join("\n")}
  esac
  case "$words[CURRENT-1]" in
${values.join("\n")}
  esac
  _describe signalbox found || _files
}
compdef _signalbox signalbox
`;
}
