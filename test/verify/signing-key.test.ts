import { describe, expect, it } from 'vitest';
import { derInteger, derSequence } from '../../src/bytes/der-writer.ts';
import { toBase64, toHex } from '../../src/bytes/encoding.ts';
import { streamOf } from '../../src/bytes/source.ts';
import { digestOf } from '../../src/digest/digest.ts';
import type { ArtifactInput } from '../../src/verify/artifact.ts';
import type { KeyRule } from '../../src/verify/policy.ts';
import { signed, signerPem, testArtifact, verdictOn } from './some-evidence.ts';

interface Pair {
  readonly pem: string;
  readonly sign: (hash: 'SHA-256' | 'SHA-384' | 'SHA-512') => Promise<Uint8Array<ArrayBuffer>>;
}

async function pairOn(namedCurve: 'P-384' | 'P-521'): Promise<Pair> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign']);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  return {
    pem: `-----BEGIN PUBLIC KEY-----\n${toBase64(spki)}\n-----END PUBLIC KEY-----\n`,
    sign: async (hash) => {
      const raw = new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash }, pair.privateKey, testArtifact));
      const number = (part: Uint8Array): Uint8Array => derInteger(BigInt(`0x${toHex(part)}`));
      return new Uint8Array(derSequence(number(raw.subarray(0, raw.length / 2)), number(raw.subarray(raw.length / 2))));
    },
  };
}

const plain = await signed('message of a key without log');

function verdict(
  signature: Uint8Array<ArrayBuffer>,
  rules: readonly KeyRule[],
  artifact?: ArtifactInput,
): Promise<string> {
  const bundle = { ...plain, content: { kind: 'message' as const, digest: undefined, signature } };
  return verdictOn(bundle, { signers: { anyOf: rules } }, artifact === undefined ? {} : { artifact });
}

describe.each([
  ['P-384', 'SHA-384', 'sha384', 'PKIX_ECDSA_P384'],
  ['P-521', 'SHA-512', 'sha512', 'PKIX_ECDSA_P521'],
] as const)('a key on %s', async (curve, usual, algorithm, details) => {
  const { pem, sign } = await pairOn(curve);
  const [own, old] = [await sign(usual), await sign('SHA-256')];

  it('signs with its own hash, and with SHA-256 as clients of old do', async () => {
    for (const signature of [own, old]) {
      expect(await verdict(signature, [{ key: pem }])).toBe('passed');
      expect(await verdict(signature, [{ key: pem }], streamOf(testArtifact))).toBe('passed');
    }
  });

  it('signs with the hash that the policy says alone', async () => {
    const usualRule = { key: pem, details: `${details}_SHA_${algorithm.slice(3)}` };
    const oldRule = { key: pem, details: `${details}_SHA_256` };
    expect(await verdict(own, [usualRule])).toBe('passed');
    expect(await verdict(own, [oldRule])).toBe('ERR_SIGNATURE_INVALID');
    expect(await verdict(old, [usualRule])).toBe('ERR_SIGNATURE_INVALID');
    expect(await verdict(old, [oldRule])).toBe('passed');
  });

  it('is tried with the digest that is known', async () => {
    expect(await verdict(own, [{ key: pem }], digestOf(testArtifact, algorithm))).toBe('passed');
    expect(await verdict(old, [{ key: pem }], digestOf(testArtifact))).toBe('passed');
    expect(await verdict(own, [{ key: pem }], digestOf(testArtifact))).toBe('ERR_ALGORITHM_UNSUPPORTED');
  });

  it('is no other hash', async () => {
    const third = curve === 'P-384' ? 'SHA-512' : 'SHA-384';
    expect(await verdict(await sign(third), [{ key: pem }])).toBe('ERR_SIGNATURE_INVALID');
  });

  it('hides no other key by what it cannot be tried with', async () => {
    const sha256 = digestOf(testArtifact);
    const bundle = await signed('message of a key without log');
    const rules = [{ key: pem, details: `${details}_SHA_${algorithm.slice(3)}` }, { key: signerPem }];
    expect(await verdictOn(bundle, { signers: { anyOf: rules } }, { artifact: sha256 })).toBe('passed');
  });
});
