import { editDistance } from "../util/editDistance.ts";

/** The variables that Kubernetes sets in every container next to a service named signalbox. */
const kubernetesVariable =
  /^SIGNALBOX(_[A-Z\d_]+)?_(SERVICE_(HOST|PORT)(_.*)?|PORT_\d+_(TCP|UDP|SCTP)(_.*)?)$/;

/** Variables named like settings that are none of the known ones, each with the nearest of these. */
export function strayVariables(
  env: NodeJS.ProcessEnv,
  known: string[],
): { name: string; nearest: string }[] {
  const unknown = Object.entries(env).filter(
    ([name, value]) =>
      /^SIGNALBOX_/i.test(name) &&
      !known.includes(name) &&
      !kubernetesVariable.test(name) &&
      !/^(tcp|udp|sctp):\/\//.test(value ?? ""),
  );
  return unknown.map(([name]) => {
    const upper = name.toUpperCase();
    const spellings = [upper, upper.replace("SIGNALBOX_", "")];
    const near = known.map((other) => ({
      other,
      steps: Math.min(...spellings.map((one) => editDistance(one, other))),
    }));
    const [nearest] = near.sort((a, b) => a.steps - b.steps);
    return { name, nearest: nearest?.other ?? "" };
  });
}
