import { createTestKey, type TestKey, type TestKeyAlgorithm } from './test-key.ts';

/** The keys of a Sigstore. Those that begin with `second` are of another operator. */
export type TestKeys = Readonly<Record<TestKeyName, TestKey>>;

/** What the keys of a Sigstore are for. */
export type TestKeyName =
  | 'root'
  | 'issuer'
  | 'signer'
  | 'ctLog'
  | 'secondCtLog'
  | 'log'
  | 'secondLog'
  | 'logV2'
  | 'secondLogV2'
  | 'timestampRoot'
  | 'timestampIssuer'
  | 'timestamp'
  | 'secondTimestampRoot'
  | 'secondTimestampIssuer'
  | 'secondTimestamp'
  | 'witness'
  | 'stranger';

const names: readonly TestKeyName[] = [
  'root',
  'issuer',
  'signer',
  'ctLog',
  'secondCtLog',
  'log',
  'secondLog',
  'logV2',
  'secondLogV2',
  'timestampRoot',
  'timestampIssuer',
  'timestamp',
  'secondTimestampRoot',
  'secondTimestampIssuer',
  'secondTimestamp',
  'witness',
  'stranger',
];

/** Makes the keys that were not given: ECDSA P-256, but Ed25519 for the logs of Rekor v2 and the witness. */
export async function createTestKeys(
  given: Partial<TestKeys> = {},
  algorithms: Partial<Record<TestKeyName, TestKeyAlgorithm>> = {},
): Promise<TestKeys> {
  const entries = names.map(async (name) => [
    name,
    given[name] ?? (await createTestKey(algorithms[name] ?? usual(name))),
  ]);
  return Object.fromEntries(await Promise.all(entries)) as TestKeys;
}

function usual(name: TestKeyName): TestKeyAlgorithm {
  return /V2$|^witness$/.test(name) ? 'PKIX_ED25519' : 'PKIX_ECDSA_P256_SHA_256';
}
