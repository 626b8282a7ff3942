/** A key that never leaves a key management service signs a pack: the service is shown digests, and nothing else. */
import { p256 } from '@noble/curves/nist.js';
import { bytesSource, createPackService, VerificationError } from 'packwright';
import type { SigningKey } from 'packwright/ports';
import { exportPublicKeyPem, generateSigningKey, keySigner } from 'packwright/signer/key';

/** The part of a cloud's client that is needed: it signs digests by SHA-256, and answers in DER. */
interface KmsClient {
  getPublicKey(request: { keyId: string }): Promise<{ publicKey: Uint8Array }>;
  sign(request: {
    keyId: string;
    digest: Uint8Array;
    signal?: AbortSignal | undefined;
  }): Promise<{ signature: Uint8Array }>;
}

/** A key of such a service as packwright asks for it. This is all that has to be written for another one. */
function kmsKey(client: KmsClient, keyId: string): SigningKey {
  return {
    details: 'PKIX_ECDSA_P256_SHA_256',
    takes: 'digest',
    publicKey: async () => new Uint8Array((await client.getPublicKey({ keyId })).publicKey),
    async sign(content, { signal } = {}) {
      if (!('digest' in content)) throw new Error('expected a digest');
      const hex = content.digest.slice('sha256:'.length).match(/../g) ?? [];
      const digest = Uint8Array.from(hex, (pair) => parseInt(pair, 16));
      return new Uint8Array((await client.sign({ keyId, digest, signal })).signature);
    },
  };
}

/** A FAKE of such a service, in memory, for this example alone. */
async function fakeKms(): Promise<KmsClient & { readonly log: string[] }> {
  const log: string[] = [];
  const { secretKey, publicKey } = p256.keygen();
  const raw = Uint8Array.from(p256.Point.fromBytes(publicKey).toBytes(false));
  const imported = await crypto.subtle.importKey('raw', raw, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', imported));
  return {
    log,
    async getPublicKey({ keyId }) {
      log.push(`public key of ${keyId}`);
      return { publicKey: spki };
    },
    async sign({ keyId, digest }) {
      log.push(`sign ${digest.length} bytes by ${keyId}`);
      return { signature: p256.sign(digest, secretKey, { prehash: false, format: 'der' }) };
    },
  };
}

const service = createPackService();
const app = 'registry.example/team/app:1.0';
const source = bytesSource(new TextEncoder().encode('hello\n'));
await service.pack({ files: [{ path: 'app.txt', source }] }, app);

const kms = await fakeKms();
const key = kmsKey(kms, 'alias/release');
const { log } = kms;
await service.sign(app, keySigner({ key }));
console.log(log.filter((line) => line.startsWith('sign')).join('\n'));

/** What comes of a verification by a key, in a word. */
async function judge(pem: string): Promise<string> {
  try {
    const { report } = await service.verify(app, { policy: { version: 1, signers: { anyOf: [{ key: pem }] } } });
    return report.verdict;
  } catch (error) {
    if (error instanceof VerificationError) return `refused: ${error.code}`;
    throw error;
  }
}

console.log(await judge(await exportPublicKeyPem(key)));
console.log(await judge(await exportPublicKeyPem(await generateSigningKey())));
