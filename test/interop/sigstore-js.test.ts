import { readFileSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { bundleFromJSON, bundleToJSON } from '@sigstore/bundle';
import { SigningConfig, TrustedRoot } from '@sigstore/protobuf-specs';
import { bundleBuilderFromSigningConfig } from '@sigstore/sign';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportPublicKeyPem, generateSigningKey, keySigner } from '../../src/adapters/signer/key.ts';
import { keylessSigner, sigstoreWitness } from '../../src/adapters/signer/keyless.ts';
import { sigstoreSigner } from '../../src/adapters/signer/sigstore.ts';
import { formatBundle, parseBundle, parseSigningConfig, parseTrustRoot, type Bundle } from '../../src/attest/index.ts';
import { fromUtf8, utf8 } from '../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../src/digest/digest.ts';
import type { Signer, SignerContent } from '../../src/ports/signer.ts';
import { verify, type SignerRule } from '../../src/verify/index.ts';
import { changedPayload } from '../adapters/signer/changed-payload.ts';
import { startPrivateSigstore, type PrivateSigstore } from '../peers/private-sigstore.ts';
import { describeWithPeers } from './peers.ts';

type ConfigName = 'log' | 'timestampOnly';
type Kind = keyof typeof contents;

const file = utf8('a file that both sign\n');
const dev = 'dev@example.com';
const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'file', digest: { sha256: hexOf(digestOf(file)) } }],
  predicateType: 'https://example.com/said/v1',
  predicate: {},
};
const payloadType = 'application/vnd.in-toto+json';
const payload = utf8(JSON.stringify(statement));
const contents = {
  message: { kind: 'message', message: file },
  statement: { kind: 'dsse', payloadType, payload },
} as const satisfies Readonly<Record<string, SignerContent>>;

const places: readonly (readonly [Kind, ConfigName])[] = [
  ['message', 'log'],
  ['message', 'timestampOnly'],
  ['statement', 'log'],
  ['statement', 'timestampOnly'],
];
/** What sigstore-js 5.1.0 can enter: it sends statements in a form that was dropped from Rekor v2. */
const enterable = places.filter(([kind, config]) => kind === 'message' || config !== 'log');

describeWithPeers('sigstore-js in a private Sigstore', () => {
  let sigstore: PrivateSigstore;
  const table: Record<string, Record<string, string>> = {};
  beforeAll(async () => {
    sigstore = await startPrivateSigstore();
  });
  afterAll(async () => {
    console.table(table);
    await sigstore.stop();
  });

  const note = (row: string, kind: Kind, config: ConfigName, outcome = 'accepted, and two refused'): void => {
    table[row] = { ...table[row], [`${kind}, ${config}`]: outcome };
  };
  const services = async (config: ConfigName): Promise<Parameters<typeof keylessSigner>[0]> => ({
    signingConfig: parseSigningConfig(readFileSync(sigstore.signingConfigs[config])),
    trust: parseTrustRoot(readFileSync(sigstore.trustedRoot)),
    identityToken: await sigstore.token({ email: dev }),
  });

  /** What differs from the good case. */
  interface Case {
    readonly bundle: Bundle;
    readonly identity?: string;
    readonly artifact?: Uint8Array;
    /** In PEM, where a key signed. */
    readonly key?: string;
  }

  function acceptTheirs({ bundle, identity = dev, artifact = file, key }: Case): void {
    const root = TrustedRoot.fromJSON(JSON.parse(readFileSync(sigstore.trustedRoot, 'utf8')));
    const trust =
      key === undefined
        ? toTrustMaterial(root)
        : toTrustMaterial(root, () => ({ publicKey: createPublicKey(key), validFor: () => true }));
    const given = bundle.content.kind === 'message' ? Buffer.from(artifact) : undefined;
    const json: unknown = JSON.parse(fromUtf8(formatBundle(bundle)));
    new Verifier(trust, { tlogThreshold: bundle.logEntries.length, timestampThreshold: 1 }).verify(
      toSignedEntity(bundleFromJSON(json), given),
      key === undefined
        ? { subjectAlternativeName: identity, extensions: { issuer: sigstore.issuers.email } }
        : undefined,
    );
  }

  async function acceptOurs({ bundle, identity = dev, artifact = file }: Case): Promise<void> {
    const signer: SignerRule = { identity, issuer: sigstore.issuers.email };
    await verify(artifact, bundle, {
      policy: {
        version: 1,
        signers: { anyOf: [signer] },
        predicates: [{ unsafeAnyPredicate: true }],
        demand: bundle.logEntries.length === 0 ? { unsafeNoLog: true } : {},
      },
      trust: parseTrustRoot(readFileSync(sigstore.trustedRoot)),
    });
  }

  const otherBytes = (bundle: Bundle): Case =>
    bundle.content.kind === 'message'
      ? { bundle, artifact: utf8('another file\n') }
      : { bundle: changedPayload(bundle) };

  describe('verifies', () => {
    const keyless = async (config: ConfigName): Promise<Signer> => keylessSigner(await services(config));

    it.each(places)('what is signed without a key: %s, %s', async (kind, config) => {
      const bundle = await (await keyless(config)).sign(contents[kind]);
      expect(() => acceptTheirs({ bundle })).not.toThrow();
      expect(() => acceptTheirs({ bundle, identity: 'mallory@example.com' })).toThrow();
      expect(() => acceptTheirs(otherBytes(bundle))).toThrow();
      note('@sigstore/verify of keylessSigner', kind, config);
    });

    it.each(places)('what is signed with a key: %s, %s', async (kind, config) => {
      const { signingConfig, trust } = await services(config);
      const own = await generateSigningKey();
      const bundle = await keySigner({ key: own, trust, witness: sigstoreWitness({ signingConfig, trust }) }).sign(
        contents[kind],
      );
      const key = await exportPublicKeyPem(own);
      expect(() => acceptTheirs({ bundle, key })).not.toThrow();
      const other = await exportPublicKeyPem(await generateSigningKey());
      expect(() => acceptTheirs({ bundle, key: other })).toThrow();
      expect(() => acceptTheirs({ ...otherBytes(bundle), key })).toThrow();
      note('@sigstore/verify of keySigner', kind, config);
    });
  });

  describe('signs', () => {
    const ANY = '"selector": "ANY"';

    const built = async (kind: Kind, config: ConfigName): Promise<Bundle> => {
      const text = readFileSync(sigstore.signingConfigs[config], 'utf8').replace(/"selector":\s*"\w+"/g, ANY);
      const document = JSON.parse(text) as Record<string, unknown>;
      if (config === 'timestampOnly') delete document.rekorTlogConfig;
      const token = await sigstore.token({ email: dev });
      const builder = bundleBuilderFromSigningConfig({
        signingConfig: SigningConfig.fromJSON(document),
        identityProvider: { getToken: () => Promise.resolve(token) },
        bundleType: kind === 'message' ? 'messageSignature' : 'dsseEnvelope',
      });
      const artifact =
        kind === 'message' ? { data: Buffer.from(file) } : { data: Buffer.from(payload), type: payloadType };
      return parseBundle(JSON.stringify(bundleToJSON(await builder.create(artifact))));
    };

    it.each(enterable)('by itself what verifies: %s, %s', async (kind, config) => {
      const bundle = await built(kind, config);
      await acceptOurs({ bundle });
      await expect(acceptOurs({ bundle, identity: 'mallory@example.com' })).rejects.toThrow('mallory');
      await expect(acceptOurs(otherBytes(bundle))).rejects.toThrow();
      note('packwright of @sigstore/sign', kind, config);
    });

    it.each(enterable)('for packwright/signer/sigstore: %s, %s', async (kind, config) => {
      const bundle = await sigstoreSigner(await services(config)).sign(contents[kind]);
      await acceptOurs({ bundle });
      await expect(acceptOurs({ bundle, identity: 'mallory@example.com' })).rejects.toThrow('mallory');
      await expect(acceptOurs(otherBytes(bundle))).rejects.toThrow();
      expect(() => acceptTheirs({ bundle })).not.toThrow();
      note('both of sigstoreSigner', kind, config);
    });

    it('no statement for a current Rekor v2, which says why', async () => {
      const signing = sigstoreSigner({ ...(await services('log')), retries: 0 }).sign(contents.statement);
      await expect(signing).rejects.toMatchObject({ code: 'ERR_LOG_ENTRY', details: { status: 400 } });
      note('both of sigstoreSigner', 'statement', 'log', 'refused by Rekor v2');
      await expect(built('statement', 'log')).rejects.toMatchObject({ code: 'TLOG_CREATE_ENTRY_ERROR' });
      note('packwright of @sigstore/sign', 'statement', 'log', 'refused by Rekor v2');
    });
  });
});
