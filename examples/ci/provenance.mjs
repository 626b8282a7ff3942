/** Prints the SLSA provenance of a pack: `node provenance.mjs FILE`, of what `packwright inspect --json` printed. */
import { readFile } from 'node:fs/promises';
import { buildProvenance, githubActionsBuilder } from 'packwright/attest';

const [, , file] = process.argv;
const { lock } = JSON.parse(await readFile(file, 'utf8'));
// The environment says which workflow this is; the certificate of the signature proves it.
const { predicate } = buildProvenance({ lock, ...githubActionsBuilder(process.env) });
process.stdout.write(`${JSON.stringify(predicate)}\n`);
