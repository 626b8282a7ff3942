import { derTags, readDer, type DerNode } from '../../src/bytes/der-reader.ts';
import { integerOf, oidOf, timeOf } from '../../src/bytes/der-values.ts';
import { derElement, derGeneralizedTime, derInteger, derOid, derSequence } from '../../src/bytes/der-writer.ts';
import { fromBase64, toBase64, toHex, utf8 } from '../../src/bytes/encoding.ts';
import { parsePem } from '../../src/bytes/pem.ts';
import { parseCertificate, type Certificate } from '../../src/verify/certificate/certificate.ts';
import { fulcioExtensions, identityOf } from '../../src/verify/certificate/fulcio-extensions.ts';
import { extensionIds } from '../../src/verify/certificate/known-extensions.ts';
import { parseSctList } from '../../src/verify/certificate/sct-list.ts';
import { ecdsaSignature } from '../../src/verify/crypto/ecdsa-signature.ts';
import { parsePublicKey } from '../../src/verify/crypto/public-key.ts';
import { keyForSignature } from '../../src/verify/crypto/signature-algorithm.ts';
import { holds, judge, type FuzzTarget } from './judge.ts';

/** A leaf of a test's authority, with a signed certificate timestamp and extensions of Fulcio. */
const leaf = bytesOf(
  [
    'MIICbDCCAfOgAwIBAgIBBzAKBggqhkjOPQQDAzAXMRUwEwYDVQQDDAxpbnRlcm1lZGlhdGUwHhcNMzAwMTAxMDAwMDAwWhcNMzAwMTAyMDAwMD',
    'AwWjAAMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEX2Wx35S37I9m03a64Y5kBP1GYKyFkCLKocHh/MelRFK4mx13iikDOtDte76yxTF1oscP',
    'EPJm8+hUDtsmZ08Z06OCAUUwggFBMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDAzApBgNVHREBAf8EHzAdhhtodHRwczovL2',
    'V4YW1wbGUuY29tL3NvbWVvbmUwJAYKKwYBBAGDvzABAQQWaHR0cHM6Ly9pc3N1ZXIuZXhhbXBsZTAmBgorBgEEAYO/MAEIBBgMFmh0dHBzOi8v',
    'aXNzdWVyLmV4YW1wbGUwNQYKKwYBBAGDvzABCQQnDCVodHRwczovL2V4YW1wbGUuY29tL3dAcmVmcy9oZWFkcy9tYWluMB0GA1UdDgQWBBQJCQ',
    'kJCQkJCQkJCQkJCQkJCQkJCTBLBgorBgEEAdZ5AgQCBD0EOwA5ADcABwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcAAAGPAAAAAAAA',
    'BAMACDAGAgEBAgEBMAoGCCqGSM49BAMDA2cAMGQCMAVCyQj9pApUtrRBAsxBNw957Drg6/TYB3qtg8Uzv8oWep6NTDBW1jnC9wHhrsfMzwIwOc',
    'jld553XDEeVRtsga5CnykouuLGCMk6XjfU7EPTcIXAlXohkmvl0YAekBjwuiCg',
  ].join(''),
);
const certificate = parseCertificate(leaf);
const rsaKey = derSequence(
  derSequence(derOid('1.2.840.113549.1.1.1'), Uint8Array.of(5, 0)),
  derElement(3, Uint8Array.of(0), derSequence(derInteger(2n ** 2047n + 1n), derInteger(65537))),
);
const edwardsKey = derSequence(derSequence(derOid('1.3.101.112')), derElement(3, new Uint8Array(33)));
const signature = derSequence(derInteger(2n ** 255n + 1n), derInteger(1));

/** What means something in DER, as far as text can say it. */
const inDer = [
  ...[
    '\x30',
    '\x31',
    '\x02',
    '\x03',
    '\x04',
    '\x06',
    '\0',
    '\0\0',
    '\x05\0',
    '\x01\x01\0',
    '\x02\x01\x02',
    '\x24',
    '\x1f',
  ],
  ...['\x03\x02\x07', '\x06\x03\x55\x1d\x13', '240229000000Z', '20240101000000.5Z', '\x02\x02\0\x01', '\x7f'],
];

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return fromBase64(base64) ?? new Uint8Array();
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return toHex(a) === toHex(b);
}

/** Writes again what was read. */
function written({ tag, value, children }: DerNode): Uint8Array {
  return (tag & 0x20) === 0 ? derElement(tag, value) : derElement(tag, ...children.map(written));
}

function checkValue(node: DerNode): void {
  node.children.forEach(checkValue);
  if (node.tag === derTags.oid) holds('an identifier is written as it was', same(derOid(oidOf(node)), node.bytes));
  if (node.tag === derTags.integer)
    holds('a number is written as it was', same(derInteger(integerOf(node)), node.bytes));
  if (node.tag !== derTags.generalizedTime) return;
  const time = timeOf(node, { fraction: true });
  if (Number.isInteger(time)) holds('a time is written as it was', same(derGeneralizedTime(time), node.bytes));
}

function useCertificate(read: Certificate): void {
  fulcioExtensions(read);
  identityOf(read);
  keyForSignature(parsePublicKey(read.publicKey), read.signatureAlgorithm);
}

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'DER',
    seeds: [leaf, rsaKey, signature, derGeneralizedTime(1500)],
    dictionary: inDer,
    run: (bytes) =>
      judge(() => {
        const node = readDer(bytes);
        holds('there is one form of every value', same(written(node), bytes));
        checkValue(node);
      }),
  },
  {
    name: 'certificate',
    seeds: [leaf],
    dictionary: inDer,
    run: (bytes) =>
      judge(() => {
        const read = parseCertificate(bytes);
        holds('all bytes are of the certificate', same(read.bytes, bytes));
        useCertificate(read);
      }),
  },
  {
    name: 'public key',
    seeds: [certificate.publicKey, rsaKey, edwardsKey],
    dictionary: inDer,
    run: (bytes) => judge(() => holds('all bytes are of the key', same(parsePublicKey(bytes).spki, bytes))),
  },
  {
    name: 'signature of ECDSA',
    seeds: [signature],
    dictionary: inDer,
    run: (bytes) =>
      judge(() => {
        const fixed = ecdsaSignature(bytes, 32);
        if (fixed === undefined) return;
        const numbers = [fixed.subarray(0, 32), fixed.subarray(32)].map((number) => derInteger(number));
        holds('there is one form of every signature', same(derSequence(...numbers), bytes));
      }),
  },
  {
    name: 'SCT list',
    seeds: certificate.extensions
      .filter(({ oid }) => oid === extensionIds.scts)
      .map(({ value }) => readDer(value).value),
    run: (bytes) =>
      judge(() => {
        const scts = parseSctList(new Uint8Array(bytes));
        const length = scts.reduce((sum, sct) => sum + 47 + sct.extensions.length + sct.signature.length, 2);
        holds('every byte of a list is read', length === bytes.length);
      }),
  },
  {
    name: 'PEM',
    seeds: [utf8(`-----BEGIN PUBLIC KEY-----\n${toBase64(edwardsKey)}\n-----END PUBLIC KEY-----\n`)],
    dictionary: ['-----', '\n', '\r\n', ' ', '=', '-----BEGIN PUBLIC KEY-----', '-----END PUBLIC KEY-----\n', '\0'],
    run: (bytes) =>
      judge(() => {
        const text = new TextDecoder().decode(bytes);
        const key = parsePem(text, 'PUBLIC KEY');
        holds('base64 has one form', text.replace(/[^\S]/g, '').includes(toBase64(key)));
      }),
  },
];
