import { lockedPackages, readLock, unjudged } from "./licences.ts";
import { findVulnerabilities } from "./vulnerabilities.ts";

/**
 * `npm run audit`: the licences of all dependencies, and their known vulnerabilities of high or critical
 * severity. Without an answer of the registry it says that these were not checked, and does not fail for that.
 */
const lock = readLock();
const wrong = unjudged(lock);
for (const { name, licence } of wrong) console.error(`${name}: licence ${licence} is not judged`);
console.log(`Licences: ${lockedPackages(lock).length} packages, ${wrong.length} not judged`);

const found = await findVulnerabilities();
if (found.checked) {
  for (const name of found.names) console.error(`vulnerable: ${name}`);
  console.log(`Vulnerabilities: ${found.severe} high or critical`);
} else {
  console.log(`Vulnerabilities: NOT CHECKED (${found.why})`);
}
process.exitCode = wrong.length > 0 || (found.checked && found.severe > 0) ? 1 : 0;
