import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { describe, expect, it } from 'vitest';
import {
  exportPublicKeyPem,
  generateSigningKey,
  importSigningKey,
  keySigner,
  type SigningKeyAlgorithm,
  type WebSigningKey,
} from '../../../../src/adapters/signer/key.ts';
import { sigstoreWitness } from '../../../../src/adapters/signer/keyless.ts';
import type { Bundle } from '../../../../src/attest/bundle.ts';
import { formatBundle } from '../../../../src/attest/format-bundle.ts';
import { fromUtf8 } from '../../../../src/bytes/encoding.ts';
import type { TestSigningConfigOptions } from '../../../../src/testing/sigstore/services.ts';
import { runs } from '../../../testing/sigstore/sigstore-js.ts';
import { changedPayload } from '../changed-payload.ts';
import { someSigstore, type SomeSigstore } from '../keyless/some-sigstore.ts';
import { algorithms, artifact, envelope, message } from './some-keys.ts';

/** Who witnesses a signature. */
const witnesses: Readonly<Record<string, TestSigningConfigOptions | undefined>> = {
  nobody: undefined,
  'Rekor v1': { logs: ['v1'], timestamps: 0 },
  'Rekor v2': { logs: ['v2'] },
  'TSA only': { logs: [] },
};
const contents = { message, statement: envelope() } as const;

type Column = `${keyof typeof contents}, ${string}`;

/** RSA takes seconds to make: one key of a size is both for PKCS #1 v1.5 and for PSS. */
const rsaKeys = new Map<number, string>();
function rsaKey(bits: number): string {
  const made = rsaKeys.get(bits);
  if (made !== undefined) return made;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  rsaKeys.set(bits, pem);
  return pem;
}

function keyOf(algorithm: SigningKeyAlgorithm): Promise<WebSigningKey> {
  const [, bits] = /^PKIX_RSA_\w+_(\d{4})_/.exec(algorithm) ?? [];
  return bits === undefined ? generateSigningKey({ algorithm }) : importSigningKey(rsaKey(Number(bits)), { algorithm });
}

async function sign(some: SomeSigstore, key: WebSigningKey, column: Column): Promise<Bundle> {
  const [kind = '', by = ''] = column.split(', ');
  const config = witnesses[by];
  const { signingConfig, trust, fetch, clock } = await some.options(config);
  const witness =
    config === undefined ? {} : { trust, witness: sigstoreWitness({ signingConfig, trust, fetch, clock }) };
  return keySigner({ key, ...witness }).sign(contents[kind as keyof typeof contents]);
}

/** Accepts a bundle, or throws what it has against it. */
function accept(some: SomeSigstore, pem: string, bundle: Bundle, file: Uint8Array = artifact): void {
  const entity = toSignedEntity(
    bundleFromJSON(JSON.parse(fromUtf8(formatBundle(bundle)))),
    bundle.content.kind === 'message' ? Buffer.from(file) : undefined,
  );
  const trust = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(some.sigstore.trustRoot)), () => ({
    publicKey: createPublicKey(pem),
    validFor: () => true,
  }));
  const promised = bundle.logEntries.filter(({ promise }) => promise !== undefined).length;
  const timestampThreshold = bundle.timestamps.length + promised;
  new Verifier(trust, { tlogThreshold: bundle.logEntries.length, timestampThreshold }).verify(entity);
}

const codeOf = (error: unknown): string => (error as { readonly code?: string }).code ?? String(error);

async function outcomeOf(some: SomeSigstore, key: WebSigningKey, column: Column): Promise<string> {
  const bundle = await sign(some, key, column).catch((error: unknown) => `not made: ${codeOf(error)}`);
  if (typeof bundle === 'string') return bundle;
  const pem = await exportPublicKeyPem(key);
  try {
    accept(some, pem, bundle);
  } catch (error) {
    return codeOf(error);
  }
  const other = await exportPublicKeyPem(await generateSigningKey());
  expect(() => accept(some, other, bundle)).toThrow();
  if (bundle.content.kind === 'message') expect(() => accept(some, pem, bundle, Uint8Array.of(1))).toThrow();
  else expect(() => accept(some, pem, changedPayload(bundle))).toThrow();
  return 'accepted';
}

const columns = Object.keys(contents).flatMap((kind) =>
  Object.keys(witnesses).map((by): Column => `${kind as keyof typeof contents}, ${by}`),
);

const yes = 'accepted';
/** It hashes what is in an envelope with SHA-256 alone, knows no PSS, and no message by Ed25519. */
const no = 'SIGNATURE_ERROR';
/** The same, said by what compares the entry with the envelope. */
const hash = 'TLOG_BODY_ERROR';
/** Logs take in what the algorithm registry of Sigstore has for a key, and are shown digests but for envelopes in v1. */
const log = 'not made: ERR_LOG_ENTRY';
const ph = 'not made: ERR_UNSUPPORTED';

const everywhere = [yes, yes, yes, yes, yes, yes, yes, yes];
const messagesOnly = [yes, yes, yes, yes, no, no, hash, no];
const unwitnessed = [yes, log, log, yes, yes, log, log, yes];
const nowhere = [no, log, log, no, no, log, log, no];
/** What becomes of each, in the order of the columns. */
const expected: Readonly<Record<SigningKeyAlgorithm, readonly string[]>> = {
  PKIX_ECDSA_P256_SHA_256: everywhere,
  PKIX_ECDSA_P384_SHA_384: messagesOnly,
  PKIX_ECDSA_P521_SHA_512: messagesOnly,
  PKIX_ECDSA_P384_SHA_256: unwitnessed,
  PKIX_ECDSA_P521_SHA_256: unwitnessed,
  PKIX_ED25519: [no, ph, ph, no, yes, yes, ph, yes],
  PKIX_RSA_PKCS1V15_2048_SHA256: everywhere,
  PKIX_RSA_PKCS1V15_3072_SHA256: everywhere,
  PKIX_RSA_PKCS1V15_4096_SHA256: everywhere,
  PKIX_RSA_PSS_2048_SHA256: nowhere,
  PKIX_RSA_PSS_3072_SHA256: nowhere,
  PKIX_RSA_PSS_4096_SHA256: nowhere,
};

describe.skipIf(!runs)('@sigstore/verify', { timeout: 120_000 }, () => {
  const table: Record<string, Record<string, string>> = {};

  it.each(algorithms)(
    'takes what it knows by %s, whoever witnesses, but not by another key or of other bytes',
    async (name) => {
      const some = await someSigstore();
      const key = await keyOf(name);
      const row: Record<string, string> = {};
      for (const column of columns) row[column] = await outcomeOf(some, key, column);
      table[name.replace('PKIX_', '')] = row;
      expect(Object.values(row)).toEqual(expected[name]);
    },
  );

  it('is told what it takes', () => {
    console.table(table);
    expect(Object.keys(table)).toHaveLength(algorithms.length);
  });
});
