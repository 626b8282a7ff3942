import { fuzzTargets as archive } from './archive.ts';
import { fuzzTargets as attest } from './attest.ts';
import { fuzzTargets as digest } from './digest.ts';
import { fuzzTargets as json } from './json.ts';
import type { FuzzTarget } from './judge.ts';
import { fuzzTargets as lockfile } from './lockfile.ts';
import { fuzzTargets as oci } from './oci.ts';
import { fuzzTargets as signing } from './signing.ts';
import { fuzzTargets as tuf } from './tuf.ts';
import { fuzzTargets as verifyCertificate } from './verify-certificate.ts';
import { fuzzTargets as verifyLog } from './verify-log.ts';

const inTar = [
  ...['\0', '\0'.repeat(512), '../', '/', '\x80', '\xff', '7777777', 'ustar\0', 'ustar  \0'],
  ...['L', 'K', 'x', 'g', '1', '2', '5', 'S', '10 size=5\n', '13 path=../a\n', '12 GNU.sparse\n', '\x1f\x8b\x08'],
];
const inLock = [
  ...['"', '{', '}', '[]', ',', ':', 'null', '"__proto__":', '../', '/', 'node_modules/', 'node_modules', '@a/b'],
  ...['"link":true,', '"inBundle":true,', 'sha1-', 'sha512-', 'git+ssh://', 'file:', 'npm:', 'https://', '\\u0000'],
];

/** Every reader of bytes from outside. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...json,
  ...digest,
  ...oci,
  ...attest,
  ...tuf,
  ...lockfile.map((target) => ({ ...target, dictionary: inLock })),
  ...archive.map((target) => ({ ...target, dictionary: inTar })),
  ...verifyCertificate,
  ...verifyLog,
  ...signing,
];
