import type { Bundle } from '../../../src/attest/bundle.ts';
import { parseBundle } from '../../../src/attest/parse-bundle.ts';
import { parseTrustRoot } from '../../../src/attest/parse-trust-root.ts';
import type { TrustRoot } from '../../../src/attest/trust-root.ts';
import { toBase64, toHex, utf8 } from '../../../src/bytes/encoding.ts';
import { hexOf } from '../../../src/digest/index.ts';
import type { Descriptor } from '../../../src/oci/index.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import { pemOf } from '../../../src/testing/sigstore/pem-of.ts';
import { createTestSigstore, type TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import type { SignOptions } from '../../../src/testing/sigstore/sign-options.ts';
import type { PolicyAndTrust } from '../../../src/pack/verification-input.ts';
import type { Policy } from '../../../src/verify/policy.ts';
import { attachBundle, envelopeType, legacyTag, payloadFor, payloadType, putManifest, type Layer } from './packs.ts';

export const sigstore: TestSigstore = await createTestSigstore();
export const trust: TrustRoot = parseTrustRoot(sigstore.trustRoot);

export const dev = 'dev@example.com';
export const issuer = 'https://login.example';
const signer = { identity: dev, issuer } as const;

export const signatureType = 'https://sigstore.dev/cosign/sign/v1';
export const provenanceType = 'https://slsa.dev/provenance/v1';

export const policy: Policy = { version: 1, signers: { anyOf: [signer] } };
export const demand: PolicyAndTrust = { policy: policy, trust: trust };

/** A statement about a manifest, as cosign 3 signs it. */
export function statementAbout(
  subject: Descriptor,
  predicateType: string = signatureType,
): NonNullable<SignOptions['statement']> {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: hexOf(subject.digest) } }],
    predicateType,
    predicate: {},
  };
}

/** A bundle in which the developer signs a statement about a manifest. */
export async function bundleFor(
  subject: Descriptor,
  options: SignOptions = {},
  predicateType?: string,
  by: TestSigstore = sigstore,
): Promise<Uint8Array<ArrayBuffer>> {
  return utf8(await by.sign({ ...signer, statement: statementAbout(subject, predicateType), ...options }));
}

/** Signs a manifest as cosign 3 does. */
export async function sign(
  repository: Repository,
  subject: Descriptor,
  options: SignOptions = {},
): Promise<Descriptor> {
  return attachBundle(repository, subject, await bundleFor(subject, options));
}

/** A layer in which the developer signs a payload as cosign 2 does. */
export async function legacyLayer(
  digest: string,
  options: SignOptions = {},
  chain?: readonly Uint8Array[],
): Promise<Layer> {
  const payload = payloadFor(digest);
  const bundle = await sigstore.sign({ ...signer, artifact: payload, version: '0.1', ...options });
  const { content, ...rest } = parseBundle(bundle);
  const signature = content.kind === 'message' ? toBase64(content.signature) : '';
  return {
    bytes: payload,
    mediaType: payloadType,
    annotations: { ...annotationsOf(rest, chain), 'dev.cosignproject.cosign/signature': signature },
  };
}

/** A layer in which the developer attests as cosign 2 does. */
export async function legacyAttestation(subject: Descriptor, predicateType: string): Promise<Layer> {
  const options = { version: '0.1' } as const;
  const bundle = await bundleFor(subject, options, predicateType);
  const { dsseEnvelope } = JSON.parse(new TextDecoder().decode(bundle)) as { dsseEnvelope: object };
  return {
    bytes: utf8(JSON.stringify(dsseEnvelope)),
    mediaType: envelopeType,
    annotations: { ...annotationsOf(parseBundle(bundle)), predicateType, 'dev.cosignproject.cosign/signature': '' },
  };
}

export function putLegacy(
  repository: Repository,
  subject: Descriptor,
  suffix: 'sig' | 'att',
  ...layers: readonly Layer[]
): Promise<Descriptor> {
  return putManifest(repository, { layers, tag: legacyTag(subject.digest, suffix) });
}

type Evidence = Pick<Bundle, 'material' | 'logEntries'>;

function annotationsOf({ material, logEntries }: Evidence, chain?: readonly Uint8Array[]): Record<string, string> {
  const [entry] = logEntries;
  const payload = entry && {
    body: toBase64(entry.body),
    integratedTime: Number(entry.integratedTime),
    logIndex: Number(entry.logIndex),
    logID: toHex(entry.logId),
  };
  const set = toBase64(entry?.promise ?? new Uint8Array());
  return {
    ...(material.kind === 'key' ? {} : { 'dev.sigstore.cosign/certificate': pems(material.certificates.slice(0, 1)) }),
    'dev.sigstore.cosign/chain': material.kind === 'key' ? '' : pems(chain ?? material.certificates.slice(1)),
    ...(payload && { 'dev.sigstore.cosign/bundle': JSON.stringify({ SignedEntryTimestamp: set, Payload: payload }) }),
  };
}

function pems(certificates: readonly Uint8Array[]): string {
  return certificates.map((der) => pemOf('CERTIFICATE', der)).join('');
}
