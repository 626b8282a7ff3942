/** A key that never leaves a key management service signs a pack: the service is shown digests, and nothing else. */
import { setTimeout as wait } from 'node:timers/promises';
import { p256 } from '@noble/curves/nist.js';
import { bytesSource, createPackService, isPackError, SigningError, VerificationError } from 'packwright';
import type { SigningKey } from 'packwright/ports';
import { exportPublicKeyPem, generateSigningKey, keySigner } from 'packwright/signer/key';

interface KmsRequest {
  readonly keyId: string;
  readonly signal?: AbortSignal | undefined;
}

/** The part of a cloud's client that is needed: it signs digests by SHA-256, and answers in DER. */
interface KmsClient {
  getPublicKey(request: KmsRequest): Promise<{ publicKey: Uint8Array }>;
  sign(request: KmsRequest & { readonly digest: Uint8Array }): Promise<{ signature: Uint8Array }>;
}

/** What a service throws, as clients of clouds do: by its name one tells what to do. */
class KmsError extends Error {
  override readonly name: 'ThrottlingException' | 'DisabledException';
  constructor(name: KmsError['name']) {
    super(`the service says ${name}`);
    this.name = name;
  }
}

/** A key of such a service as packwright asks for it. This is all that has to be written for another one. */
function kmsKey(client: KmsClient, keyId: string): SigningKey {
  return {
    details: 'PKIX_ECDSA_P256_SHA_256',
    takes: 'digest',
    async publicKey({ signal } = {}) {
      const { publicKey } = await patiently(() => client.getPublicKey({ keyId, signal }), signal);
      return new Uint8Array(publicKey);
    },
    async sign(content, { signal } = {}) {
      if (!('digest' in content)) throw new SigningError('ERR_KEY', 'key of the service signs digests only');
      const digest = Uint8Array.from(Buffer.from(content.digest.slice('sha256:'.length), 'hex'));
      const { signature } = await patiently(() => client.sign({ keyId, digest, signal }), signal);
      return new Uint8Array(signature);
    },
  };
}

/** Asks again where the service is busy, three times in all, and says of everything else that the key cannot be used. */
async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (cause) {
      signal?.throwIfAborted();
      const busy = cause instanceof KmsError && cause.name === 'ThrottlingException';
      if (!busy || attempt === 3) {
        // The message is ours: one of a service may hold what belongs in no log.
        throw new SigningError('ERR_KEY', 'key of the service cannot be used', { cause, retryable: busy });
      }
      await wait(attempt * 20, undefined, { signal });
    }
  }
}

/** A FAKE of such a service, in memory, for this example alone: it answers late, is busy at first, and has one key. */
async function fakeKms(known: string): Promise<KmsClient & { readonly log: string[] }> {
  const log: string[] = [];
  const { secretKey, publicKey } = p256.keygen();
  const raw = Uint8Array.from(p256.Point.fromBytes(publicKey).toBytes(false));
  const imported = await crypto.subtle.importKey('raw', raw, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', imported));
  let busy = true;
  const answering = async ({ keyId, signal }: KmsRequest, what: string): Promise<void> => {
    await wait(10, undefined, { signal });
    const failure = keyId !== known ? 'DisabledException' : busy ? 'ThrottlingException' : undefined;
    busy = false;
    log.push(`${what} by ${keyId}: ${failure ?? 'done'}`);
    if (failure !== undefined) throw new KmsError(failure);
  };
  return {
    log,
    async getPublicKey(request) {
      await answering(request, 'public key');
      return { publicKey: spki };
    },
    async sign(request) {
      await answering(request, `signature of ${request.digest.length} bytes`);
      return { signature: p256.sign(request.digest, secretKey, { prehash: false, format: 'der' }) };
    },
  };
}

const service = createPackService();
const app = 'registry.example/team/app:1.0';
const source = bytesSource(new TextEncoder().encode('hello\n'));
await service.pack({ files: [{ path: 'app.txt', source }] }, app);

const kms = await fakeKms('alias/release');
const key = kmsKey(kms, 'alias/release');
await service.sign(app, keySigner({ key }));
console.log(kms.log.join('\n'));

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

// A key that cannot be used signs nothing, and nothing is attached.
await service.sign(app, keySigner({ key: kmsKey(kms, 'alias/former') })).catch((error: unknown) => {
  console.log(isPackError(error) ? `not signed: ${error.code}, ${error.message}` : error);
});
console.log((await service.inspect(app)).referrers?.referrers.length, 'signature');
