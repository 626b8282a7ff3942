import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What a verifier is given; bundle and trust root as JSON. */
export interface VerifyCase {
  readonly name: string;
  readonly bundle: string;
  readonly trustRoot: string;
  readonly artifact: Uint8Array;
  readonly identity: string;
  readonly issuer: string;
  /** Of a statement. */
  readonly predicateType?: string | undefined;
}

const vectors = fileURLToPath(new URL('../../shared/vectors', import.meta.url));
const folder = `${vectors}/sigstore-conformance/bundle-verify`;
const beacon = 'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon';

/**
 * Real bundles that all the verifiers accept. A statement in Rekor v2 is not among them: sigstore-js compares its entry
 * with the payload alone instead of the DSSE encoding, and refuses it.
 */
const chosen: Readonly<Record<string, readonly [folder: string, predicateType?: string]>> = {
  'bundle 0.1, Rekor v1': ['happy-path-v0.1'],
  'bundle 0.3, Rekor v2 and a timestamp': ['rekor2-happy-path'],
  'bundle 0.3, DSSE with provenance': ['happy-path-intoto-in-dsse-v3', 'https://slsa.dev/provenance/v1'],
};

/** The cases; undefined where the folder of the Sigstore conformance suite is not beside the repository. */
export function verifyCases(): readonly VerifyCase[] | undefined {
  if (!existsSync(folder)) return undefined;
  return Object.entries(chosen).map(([name, [base, predicateType]]) => {
    const file = (path: string): string => `${folder}/${base}/${path}`;
    const own = file('trusted_root.json');
    return {
      name,
      bundle: readFileSync(file('bundle.sigstore.json'), 'utf8'),
      trustRoot: readFileSync(existsSync(own) ? own : `${vectors}/trust/sigstore-public-good.json`, 'utf8'),
      artifact: new Uint8Array(readFileSync(`${folder}/a.txt`)),
      identity: `${beacon}/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main`,
      issuer: 'https://token.actions.githubusercontent.com',
      predicateType,
    };
  });
}
