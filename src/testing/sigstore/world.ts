import { createAuthority, timestampTemplate, type TestAuthority } from './certificate-authority.ts';
import { oids } from './certificate-extensions.ts';
import { certificateOf, type CertificateTemplate } from './certificate-template.ts';
import type { Edits } from './edits.ts';
import { hashOf } from './hash-of.ts';
import type { TestKey } from './test-key.ts';
import type { TestKeys } from './test-keys.ts';
import type { TimestampSigner } from './timestamp-authority.ts';
import { createLog, type TestLog } from './transparency-log.ts';
import { trustRootDocument, type TrustedLog } from './trust-root-document.ts';
import type { JsonObject } from './log-body.ts';

/** Everything that a Sigstore consists of. */
export interface World {
  readonly keys: TestKeys;
  readonly edits: Edits;
  readonly authority: TestAuthority;
  readonly timestampAuthorities: readonly TimestampAuthority[];
  readonly logs: Readonly<Record<TestLog['version'], readonly TestLog[]>>;
}

/** A timestamp authority: its chain, the root last, and what it signs with. */
export interface TimestampAuthority {
  readonly operator: string;
  readonly chain: readonly Uint8Array<ArrayBuffer>[];
  readonly signer: TimestampSigner;
}

const operators = ['one.example', 'two.example'] as const;
const year = 365 * 86_400_000;

/** Founds the authorities and logs; what they are made of is good from a year before until ten years after. */
export async function createWorld(keys: TestKeys, edits: Edits, now: number): Promise<World> {
  const validity = { notBefore: now - year, notAfter: now + 10 * year };
  const [one, two] = operators;
  return {
    keys,
    edits,
    authority: await createAuthority({
      ...validity,
      operator: one,
      rootKey: keys.root,
      issuerKey: keys.issuer,
      purpose: oids.codeSigning,
      edits,
    }),
    timestampAuthorities: [
      await timestampAuthority(one, [keys.timestampRoot, keys.timestampIssuer, keys.timestamp], validity, edits),
      await timestampAuthority(
        two,
        [keys.secondTimestampRoot, keys.secondTimestampIssuer, keys.secondTimestamp],
        validity,
        edits,
      ),
    ],
    logs: {
      v1: [await logOf('v1', one, keys.log), await logOf('v1', two, keys.secondLog)],
      v2: [await logOf('v2', one, keys.logV2), await logOf('v2', two, keys.secondLogV2)],
    },
  };
}

function logOf(version: TestLog['version'], operator: string, key: TestKey): Promise<TestLog> {
  return createLog({ version, operator, key, name: `${version === 'v1' ? 'rekor' : 'log2025'}.${operator}` });
}

async function timestampAuthority(
  operator: string,
  [rootKey, issuerKey, key]: readonly [TestKey, TestKey, TestKey],
  validity: Pick<CertificateTemplate, 'notBefore' | 'notAfter'>,
  edits: Edits,
): Promise<TimestampAuthority> {
  const authority = await createAuthority({
    ...validity,
    operator: `timestamp.${operator}`,
    rootKey,
    issuerKey,
    purpose: oids.timeStamping,
    edits: { root: edits.timestampRoot, issuer: edits.timestampIssuer },
  });
  const good = await timestampTemplate(authority, key, validity);
  const template = edits.timestampLeaf?.(good) ?? good;
  const certificate = await certificateOf(template, issuerKey);
  const { issuer: issuerName, serial } = template;
  return { operator, chain: [certificate, ...authority.chain], signer: { key, certificate, issuerName, serial } };
}

/** The trust root of all of it. */
export async function trustRootOf(
  { keys, edits, authority, timestampAuthorities, logs }: World,
  now: number,
): Promise<JsonObject> {
  const [one, two] = operators;
  const document = trustRootDocument({
    since: now - year,
    logs: [...logs.v1, ...logs.v2].map((log) => ({ ...log, baseUrl: `https://${log.name}` })),
    ctLogs: [await ctLogOf(one, keys.ctLog), await ctLogOf(two, keys.secondCtLog)],
    authorities: [{ uri: `https://fulcio.${one}`, chain: authority.chain, operator: one }],
    timestampAuthorities: timestampAuthorities.map(({ operator, chain }) => {
      return { uri: `https://timestamp.${operator}/api/v1/timestamp`, chain, operator };
    }),
  });
  return edits.trustRoot?.(document) ?? document;
}

async function ctLogOf(operator: string, key: TestKey): Promise<TrustedLog> {
  return { baseUrl: `https://ct.${operator}/2025`, key, operator, logId: await hashOf(key.publicKey) };
}
