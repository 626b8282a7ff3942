import { parseClientTrustConfig } from '../../src/attest/client-trust-config.ts';
import { formatBundle } from '../../src/attest/format-bundle.ts';
import { mergeTrustRoots } from '../../src/attest/merge-trust-roots.ts';
import { encodePae } from '../../src/attest/pae.ts';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { parseBundles } from '../../src/attest/parse-bundles.ts';
import { parseEnvelope } from '../../src/attest/parse-envelope.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import { parseProvenance } from '../../src/attest/provenance.ts';
import { parsePublishPredicate } from '../../src/attest/publish-predicate.ts';
import { parseRfc3339 } from '../../src/attest/rfc3339.ts';
import { parseSigningConfig } from '../../src/attest/signing-config.ts';
import { parseStatement } from '../../src/attest/statement.ts';
import { parseVerificationSummary } from '../../src/attest/verification-summary.ts';
import { toHex, utf8 } from '../../src/bytes/encoding.ts';
import { isDigest } from '../../src/digest/digest.ts';
import {
  someBundle,
  someDsseBundle,
  someKeyBundle,
  someOldBundle,
  someSigningConfig,
  someStatement,
  someTrustRoot,
} from '../attest/some-documents.ts';
import { inJson } from './json.ts';
import { holds, judge, type FuzzTarget } from './judge.ts';

const json = (document: object): Uint8Array => utf8(JSON.stringify(document));
const inProtobuf = [
  ...inJson,
  ...['"null"', ':null,', '[]', '{}', '""', '"0"', '"-1"', '9223372036854775808', '=', '==', '-_', '"AA=="', '\\n'],
  ...['"publicKey":{"hint":"a"},', '"certificate":null,', '"messageSignature":{}', '"tlogEntries":[', '"keyid":"a",'],
  ...['version=0.1', 'version=0.2', 'v0.3', 'SHA2_512', 'T23:59:60Z', '.999999999Z', '+24:00', '"operator":"a",'],
];
const inStatement = [
  ...inJson,
  ...['"sha256":"', '"sha512":"', '"sha1":"', 'AB', '"digest":{', '"subject":[', '"subject":null,', '"predicate":[],'],
  ...['Statement/v0.1', 'provenance/v0.2', 'provenance/v1', 'git+https://', '@refs/heads/', '"builder":{"id":"a"},'],
];

const provenance = {
  buildDefinition: {
    buildType: 'https://actions.github.io/buildtypes/workflow/v1',
    externalParameters: { workflow: { ref: 'refs/heads/main', repository: 'https://github.com/a/b', path: 'c' } },
    resolvedDependencies: [{ uri: 'git+https://github.com/a/b@refs/heads/main', digest: { gitCommit: 'ab' } }],
  },
  runDetails: { builder: { id: 'https://example.org/builder' }, metadata: { startedOn: '2024-01-01T00:00:00Z' } },
};
const provenance02 = {
  builder: { id: 'https://example.org/builder' },
  buildType: 'https://example.org/build',
  invocation: { configSource: { uri: 'git+https://github.com/a/b@main', digest: { sha1: 'ab' } }, parameters: {} },
  materials: [{ uri: 'pkg:npm/a@1', digest: { sha512: 'ab' } }],
};
const summary = {
  verifier: { id: 'https://example.org/verifier' },
  resourceUri: 'pkg:npm/a@1',
  policy: { uri: 'https://example.org/policy' },
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_3'],
};
const publish = { name: 'a', version: '1.0.0', registry: 'https://registry.example' };
const statements = [
  someStatement,
  { ...someStatement, predicateType: 'https://slsa.dev/provenance/v1', predicate: provenance },
  { ...someStatement, predicateType: 'https://slsa.dev/provenance/v0.2', predicate: provenance02 },
  { ...someStatement, predicateType: 'https://slsa.dev/verification_summary/v1', predicate: summary },
  {
    ...someStatement,
    predicateType: 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1',
    predicate: publish,
  },
];

/** Plain data, in which equal values have equal text. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    return part instanceof Uint8Array ? toHex(part) : part;
  });

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'bundle',
    seeds: [someBundle, someDsseBundle, someKeyBundle, someOldBundle].map(json),
    dictionary: inProtobuf,
    run: (bytes) =>
      judge(() => {
        const bundle = parseBundle(bytes);
        const again = parseBundle(formatBundle(bundle));
        holds('a bundle that was written is read as the same', textOf(again) === textOf(bundle));
      }),
  },
  {
    name: 'file of bundles',
    seeds: [utf8(`${JSON.stringify(someBundle)}\n\n${JSON.stringify(someKeyBundle)}\r\n`)],
    dictionary: [...inProtobuf, '\n', '\r', '\n\n'],
    run: (bytes) => judge(() => void parseBundles(bytes)),
  },
  {
    name: 'envelope',
    seeds: [json(someDsseBundle['dsseEnvelope'] as object)],
    dictionary: inProtobuf,
    run: (bytes) =>
      judge(() => {
        const { payloadType, payload, signatures } = parseEnvelope(bytes);
        holds(
          'an envelope has a signature',
          signatures.every(({ signature }) => signature.length > 0),
        );
        encodePae(payloadType, payload);
      }),
  },
  {
    name: 'statement',
    seeds: statements.map(json),
    dictionary: inStatement,
    run: async (bytes) => {
      for (const read of [parseProvenance, parseVerificationSummary, parsePublishPredicate]) {
        await judge(() => {
          const statement = parseStatement(bytes);
          const digests = statement.subjects.flatMap((subject) => subject.digests);
          holds('a statement has subjects', statement.subjects.length > 0);
          holds('what is matched is a digest', digests.every(isDigest));
          read(statement);
        });
      }
    },
  },
  {
    name: 'trust root',
    seeds: [json(someTrustRoot)],
    dictionary: inProtobuf,
    run: (bytes) =>
      judge(() => {
        const root = parseTrustRoot(bytes);
        holds('a root merged with itself has the same operators', sameOperators(root, mergeTrustRoots(root, root)));
      }),
  },
  {
    name: 'signing config',
    seeds: [json(someSigningConfig)],
    dictionary: inProtobuf,
    run: (bytes) => judge(() => void parseSigningConfig(bytes)),
  },
  {
    name: 'client trust config',
    seeds: [
      json({
        mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
        trustedRoot: someTrustRoot,
        signingConfig: someSigningConfig,
      }),
    ],
    dictionary: inProtobuf,
    run: (bytes) => judge(() => void parseClientTrustConfig(bytes)),
  },
  {
    name: 'time',
    seeds: ['2024-02-29T23:59:59.999999999+01:30', '0001-01-01T00:00:00Z'].map((text) => utf8(text)),
    dictionary: ['T', 'Z', '.', '+', '-', ':', '60', '24', '00', '0000', '+00:00'],
    run: (bytes) =>
      judge(() => {
        const time = parseRfc3339(new TextDecoder().decode(bytes));
        if (time === undefined) return;
        const written = new Date(Math.floor(time)).toISOString();
        holds('a time is the same when it is written and read', parseRfc3339(written) === Math.floor(time));
      }),
  },
];

function sameOperators(one: ReturnType<typeof parseTrustRoot>, twice: typeof one): boolean {
  return one.logs.every(({ operator }, index) => twice.logs[index]?.operator === operator);
}
