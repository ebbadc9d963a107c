import type { treeOf } from "./tree.ts";

const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** The script for fish, with descriptions. */
export function fishScript({ places, valueOptions }: ReturnType<typeof treeOf>): string {
  const choicesOf = new Map(valueOptions.map(({ flag, choices }) => [flag, choices]));
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ word, description }) => {
      const when = `-n ${quoted(`test "$(__signalbox_at)" = "${path}"`)}`;
      const about = `-d ${quoted(description)}`;
      if (!word.startsWith("--")) return `complete -c signalbox -f ${when} -a ${word} ${about}`;
      const choices = choicesOf.get(word);
      const value =
        choices === undefined
          ? ""
          : choices.length > 0
            ? ` -x -a ${quoted(choices.join(" "))}`
            : " -r";
      return `complete -c signalbox ${when} -l ${word.slice(2)}${value} ${about}`;
    }),
  );
  const paths = places.filter(({ path }) => path !== "").map(({ path }) => quoted(path));
  return `function __signalbox_at
  set -l at
  for word in (commandline -opc)[2..]
    contains -- (string join -- ' ' $at $word) ${paths.join(" ")}; and set at $at $word
  end
  string join -- ' ' $at
end
${lines.join("\n")}
`;
}
