import { canonicalJson } from '../../src/bytes/canonical-json.ts';
import { fromBase64, toBase64, utf8 } from '../../src/bytes/encoding.ts';
import { isPackError } from '../../src/errors.ts';
import { timestampOf } from '../../src/testing/sigstore/timestamp-authority.ts';
import type { TestKey } from '../../src/testing/sigstore/test-key.ts';
import { derOid, derSequence } from '../../src/bytes/der-writer.ts';
import { parseCheckpoint } from '../../src/verify/log/checkpoint.ts';
import { parseEntryBody } from '../../src/verify/log/entry-body.ts';
import { verifyTimestamp } from '../../src/verify/timestamp/verify-timestamp.ts';
import { holds, judge, type FuzzTarget } from './judge.ts';

const note = [
  ...['log.example - 1193050959916656506', '20852163', 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'Timestamp: 1'],
  ...['', '\u2014 log.example Az3grlgtzPICa5OS8npVmf1Myq==', '\u2014 witness.example/w1 sE1vjwAAAABopPLqcjWV', ''],
].join('\n');

const checkpoint: FuzzTarget = {
  name: 'checkpoint',
  seeds: [utf8(note), utf8(note.replace('Timestamp: 1\n', ''))],
  dictionary: ['\n', '\n\n', '\u2014 ', ' ', '0', '-', '+', '=', '\u00a0', '\t', '18446744073709551616', ' - 1'],
  run: (bytes) =>
    judge(() => {
      const text = new TextDecoder().decode(bytes);
      const { origin, size, root, text: signed, signatures } = parseCheckpoint(text);
      const head = `${origin}\n${size}\n${toBase64(root)}\n`;
      const lines = signatures.map(
        ({ name, keyId, signature }) => `\u2014 ${name} ${toBase64(Uint8Array.of(...keyId, ...signature))}\n`,
      );
      holds('what is signed begins with what was read', new TextDecoder().decode(signed).startsWith(head));
      holds(
        'nothing stands there that was not read',
        `${new TextDecoder().decode(signed)}\n${lines.join('')}` === text,
      );
    }),
};

const hash = { algorithm: 'sha256', value: '00'.repeat(32) };
const pem = toBase64(utf8('-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n'));
const verifier = { keyDetails: 'PKIX_ECDSA_P256_SHA_256', x509Certificate: { rawBytes: 'MAA=' } };
const data = { algorithm: 'SHA2_256', digest: toBase64(new Uint8Array(32)) };
const bodies = [
  ['hashedrekord', '0.0.1', { data: { hash }, signature: { content: 'MAA=', publicKey: { content: pem } } }],
  ['hashedrekord', '0.0.2', { hashedRekordV002: { data, signature: { content: 'MAA=', verifier } } }],
  ['dsse', '0.0.1', { envelopeHash: hash, payloadHash: hash, signatures: [{ signature: 'MAA=', verifier: pem }] }],
  ['dsse', '0.0.2', { dsseV002: { payloadHash: data, signatures: [{ content: 'MAA=', verifier }] } }],
  ['intoto', '0.0.1', { content: { hash, payloadHash: hash }, publicKey: pem }],
  [
    ...(['intoto', '0.0.2'] as const),
    { content: { envelope: { signatures: [{ publicKey: pem, sig: 'TUFBPQ==' }] }, hash, payloadHash: hash } },
  ],
] as const;

const entryBody: FuzzTarget = {
  name: 'log entry body',
  seeds: bodies.map(([kind, apiVersion, spec]) => canonicalJson({ apiVersion, kind, spec })),
  dictionary: ['"spec"', '"__proto__":', '"constructor"', 'null', '[]', '{}', '7', '"sha512"', '"SHA2_384"', '""', ','],
  run: async (bytes) => {
    for (const [kind, version] of bodies) {
      await judge(() => {
        const { digest, signatures } = parseEntryBody({ kind, version, body: Uint8Array.from(bytes) });
        holds('a body has a digest and a signature', digest.length > 70 && signatures.length > 0);
      });
    }
  },
};

const signature = utf8('the bytes of a signature');
// No key signs it, so that the seed is always the same.
const key: TestKey = {
  ...{ algorithm: 'PKIX_ED25519', hash: 'sha512', publicKey: derSequence() },
  identifier: derSequence(derOid('1.3.101.112')),
  sign: () => Promise.resolve(new Uint8Array(64)),
};

const timestamp: FuzzTarget = {
  name: 'timestamp token',
  seeds: [
    await timestampOf({
      ...{ status: 0, contentType: '1.2.840.113549.1.9.16.1.4', policy: '1.2.3', imprintAlgorithm: 'sha256' },
      ...{ imprintOf: signature, serial: 1, genTime: 1_700_000_000_000, nonce: 7n, embedded: [derSequence()] },
      signer: { key, certificate: derSequence(), issuerName: derSequence(), serial: Uint8Array.of(1) },
      boundTo: derSequence(),
    }),
    fromBase64('MBUwAwIBAjAOBgkqhkiG9w0BBwKgAQA=') ?? new Uint8Array(),
  ],
  dictionary: [
    '\x00',
    '\x01',
    '\x02\x01',
    '0\x80',
    '0\x82',
    '1',
    '\xa0',
    '\xa1',
    '\x04',
    '\x06\x03',
    '\x18\x0f',
    'Z',
    '\xff',
  ],
  run: async (bytes) => {
    try {
      await verifyTimestamp(bytes, signature, []);
    } catch (error) {
      if (!isPackError(error) || error.message === '') throw error;
      return;
    }
    holds('nobody is trusted', false);
  },
};

export const fuzzTargets: readonly FuzzTarget[] = [checkpoint, entryBody, timestamp];
