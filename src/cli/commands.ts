import { keyCreate, keyList, keyRevoke } from "./apiKey.ts";
import { distribute } from "./distribute.ts";
import { projectCreate, projectList } from "./project.ts";
import { rewrap } from "./rewrap.ts";
import { verify } from "./verify.ts";

/** Every command, in the order in which the help page has them. */
export const commands = [
  projectCreate,
  projectList,
  keyCreate,
  keyList,
  keyRevoke,
  verify,
  rewrap,
  distribute,
];
