import { describe, expect, it } from 'vitest';
import { publicKeyOf } from '../../../../src/adapters/trust/tuf/public-key.ts';
import { checkSignatures } from '../../../../src/adapters/trust/tuf/signatures.ts';
import { toBase64, toHex, utf8 } from '../../../../src/bytes/encoding.ts';

const payload = utf8('what was signed');

async function keyPair(algorithm: RsaHashedKeyGenParams | EcKeyGenParams): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function pem({ publicKey }: CryptoKeyPair): Promise<string> {
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
  return `-----BEGIN PUBLIC KEY-----\n${toBase64(spki).replace(/.{64}/g, '$&\n')}\n-----END PUBLIC KEY-----\n`;
}

/** An ECDSA signature in DER, from the two numbers that WebCrypto gives. */
function derSignature(raw: Uint8Array): Uint8Array {
  const integer = (half: Uint8Array): number[] => {
    const from = half.findIndex((byte) => byte !== 0);
    const bytes = [...half.subarray(from)];
    if ((bytes[0] as number) >= 0x80) bytes.unshift(0);
    return [2, bytes.length, ...bytes];
  };
  const half = raw.length / 2;
  const content = [...integer(raw.subarray(0, half)), ...integer(raw.subarray(half))];
  return Uint8Array.of(0x30, ...(content.length < 0x80 ? [] : [0x81]), content.length, ...content);
}

const curve = async (
  name: 'P-256' | 'P-384' | 'P-521',
  hash: string,
): Promise<{ pair: CryptoKeyPair; signature: string }> => {
  const pair = await keyPair({ name: 'ECDSA', namedCurve: name });
  const raw = await crypto.subtle.sign({ name: 'ECDSA', hash }, pair.privateKey, payload);
  return { pair, signature: toHex(derSignature(new Uint8Array(raw))) };
};

const verify = (listed: { type: string; scheme: string; value: string }, value: string): Promise<void> =>
  checkSignatures(
    'document',
    { bytes: payload, payload, signatures: [{ keyId: 'a', value }] },
    { threshold: 1, keys: new Map([['a', listed]]) },
  );

describe('a key of TUF', () => {
  it.each([
    ['ecdsa', 'ecdsa-sha2-nistp256', 'P-256', 'SHA-256'],
    ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256', 'P-256', 'SHA-256'],
    ['ecdsa', 'ecdsa-sha2-nistp384', 'P-384', 'SHA-384'],
    ['ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp384', 'P-384', 'SHA-384'],
    ['ecdsa', 'ecdsa-sha2-nistp521', 'P-521', 'SHA-512'],
  ] as const)('of type %s with %s verifies, in PEM and in hexadecimal digits', async (type, scheme, name, hash) => {
    const { pair, signature } = await curve(name, hash);
    await verify({ type, scheme, value: await pem(pair) }, signature);
    const point = toHex(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
    await verify({ type, scheme, value: point }, signature);
  });

  it.each([
    ['rsassa-pss-sha256', 'RSA-PSS'],
    ['rsa-pkcs1v15-sha256', 'RSASSA-PKCS1-v1_5'],
  ])('of RSA verifies by %s', async (scheme, name) => {
    const parameters = { name, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };
    const pair = await keyPair(parameters);
    const raw = await crypto.subtle.sign({ name, saltLength: 32 }, pair.privateKey, payload);
    const listed = { type: 'rsa', scheme, value: await pem(pair) };
    await verify(listed, toHex(new Uint8Array(raw)));
    const wrong = toHex(new Uint8Array(raw)).replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    await expect(verify(listed, wrong)).rejects.toMatchObject({ code: 'ERR_TUF_SIGNATURE' });
  });

  it('of another curve than its scheme says is not used', async () => {
    const { pair } = await curve('P-384', 'SHA-384');
    const listed = { type: 'ecdsa', scheme: 'ecdsa-sha2-nistp256', value: await pem(pair) };
    expect(() => publicKeyOf(listed)).toThrow(expect.objectContaining({ code: 'ERR_ALGORITHM_UNSUPPORTED' }));
  });

  it('of RSA has to be in PEM', () => {
    const listed = { type: 'rsa', scheme: 'rsassa-pss-sha256', value: '00' };
    expect(() => publicKeyOf(listed)).toThrow(expect.objectContaining({ code: 'ERR_ALGORITHM_UNSUPPORTED' }));
  });
});
