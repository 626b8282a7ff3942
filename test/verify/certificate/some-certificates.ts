import type { CertificateAuthority } from '../../../src/attest/trust-root.ts';
import {
  derBitString,
  derBoolean,
  derExplicit,
  derImplicit,
  derInteger,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derTime,
  derUtf8String,
} from '../../../src/bytes/der-writer.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';

type Der = Uint8Array<ArrayBuffer>;

/** A key that signs certificates. */
export interface SomeKey {
  readonly spki: Der;
  /** The AlgorithmIdentifier of its signatures. */
  readonly algorithm: Der;
  sign(bytes: Der): Promise<Der>;
}

const curves = { 'P-256': [32, '2', 'SHA-256'], 'P-384': [48, '3', 'SHA-384'], 'P-521': [66, '4', 'SHA-512'] } as const;

/** r || s as certificates hold it. */
export function ecdsaDer(signature: Uint8Array): Der {
  const half = signature.length / 2;
  return derSequence(derInteger(signature.subarray(0, half)), derInteger(signature.subarray(half)));
}

export async function someKey(curve: keyof typeof curves = 'P-256', other?: 'SHA-256'): Promise<SomeKey> {
  const [, arc, usual] = curves[curve];
  const hash = other ?? usual;
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: curve }, true, ['sign', 'verify']);
  return {
    spki: new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)),
    algorithm: derSequence(derOid(`1.2.840.10045.4.3.${arc}`)),
    sign: async (bytes) =>
      ecdsaDer(new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash }, pair.privateKey, bytes))),
  };
}

const rsaArcs = { 'SHA-256': 11, 'SHA-384': 12, 'SHA-512': 13 } as const;

export async function someRsaKey(
  hash: keyof typeof rsaArcs = 'SHA-256',
  name: 'RSASSA-PKCS1-v1_5' | 'RSA-PSS' = 'RSASSA-PKCS1-v1_5',
): Promise<SomeKey> {
  const parameters = { name, hash, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
  const pair = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify']);
  return {
    spki: new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)),
    algorithm: derSequence(derOid(`1.2.840.113549.1.1.${rsaArcs[hash]}`), derNull()),
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign({ name, saltLength: 32 }, pair.privateKey, bytes)),
  };
}

export async function someEdwardsKey(): Promise<SomeKey> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify']);
  return {
    spki: new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)),
    algorithm: derSequence(derOid('1.3.101.112')),
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, bytes)),
  };
}

/** A certificate before it is signed: every part in DER, so that a test can change any one. */
export interface SomeTemplate {
  readonly version: Der;
  readonly serial: Der;
  /** The algorithm inside and outside; that of the key where they are left out. */
  readonly inner?: Der;
  readonly outer?: Der;
  readonly issuer: Der;
  readonly validity: Der;
  readonly subject: Der;
  readonly spki: Der;
  /** By object identifier; the DER of each. */
  readonly extensions: Readonly<Record<string, Der>>;
  /** Elements after the extensions. */
  readonly more?: readonly Der[];
}

export const oids = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  names: '2.5.29.17',
  constraints: '2.5.29.19',
  purposes: '2.5.29.37',
  scts: '1.3.6.1.4.1.11129.2.4.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  fulcio: '1.3.6.1.4.1.57264.1',
} as const;

export function extension(oid: string, value: Uint8Array, critical = false): Der {
  return derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctetString(value));
}

export function nameOf(text: string): Der {
  return derSequence(derSetOf(derSequence(derOid('2.5.4.3'), derUtf8String(text))));
}

export const start: number = Date.UTC(2030, 0, 1);
export const end: number = Date.UTC(2030, 0, 2);
/** Inside every validity here. */
export const at: number = start + 1000;

export function usage(...bits: readonly number[]): Der {
  return extension(oids.keyUsage, derNamedBits(bits), true);
}

export function purposes(list: readonly string[], critical = false): Der {
  return extension(oids.purposes, derSequence(...list.map(derOid)), critical);
}

export function uriName(text: string): Der {
  return derImplicit(6, utf8(text));
}

export function alternativeNames(...list: readonly Der[]): Der {
  return extension(oids.names, derSequence(...list), true);
}

export function authorityConstraints(pathLength?: number): Der {
  const length = pathLength === undefined ? [] : [derInteger(pathLength)];
  return extension(oids.constraints, derSequence(derBoolean(true), ...length), true);
}

export function validity(from: number, to: number): Der {
  return derSequence(derTime(from), derTime(to));
}

export function leafTemplate(issuer: Der, key: SomeKey): SomeTemplate {
  return {
    version: derExplicit(0, derInteger(2)),
    serial: derInteger(7),
    issuer,
    validity: validity(start, end),
    subject: derSequence(),
    spki: key.spki,
    extensions: {
      [oids.keyUsage]: usage(0),
      [oids.purposes]: purposes([oids.codeSigning]),
      [oids.names]: alternativeNames(uriName('https://example.com/someone')),
    },
  };
}

export function authorityTemplate(issuer: Der, subject: Der, key: SomeKey, pathLength?: number): SomeTemplate {
  return {
    ...leafTemplate(issuer, key),
    subject,
    extensions: { [oids.keyUsage]: usage(5, 6), [oids.constraints]: authorityConstraints(pathLength) },
  };
}

export function tbsOf(template: SomeTemplate, key: SomeKey): Der {
  const { version, serial, issuer, subject, spki, extensions, more = [] } = template;
  const list = derExplicit(3, derSequence(...Object.values(extensions)));
  const inner = template.inner ?? key.algorithm;
  return derSequence(version, serial, inner, issuer, template.validity, subject, spki, list, ...more);
}

export async function signed(template: SomeTemplate, key: SomeKey): Promise<Der> {
  const tbs = tbsOf(template, key);
  return derSequence(tbs, template.outer ?? key.algorithm, derBitString(await key.sign(tbs)));
}

/** The same template with other extensions; undefined takes one away. */
export function withExtensions(
  template: SomeTemplate,
  changes: Readonly<Record<string, Der | undefined>>,
): SomeTemplate {
  const merged = Object.entries({ ...template.extensions, ...changes });
  return { ...template, extensions: Object.fromEntries(merged.filter((entry): entry is [string, Der] => !!entry[1])) };
}

export function authority(
  certificates: readonly Der[],
  period: Partial<CertificateAuthority> = {},
): CertificateAuthority {
  const validFor = { start, end };
  return { uri: 'https://ca.example', operator: 'ca.example', certificates, validFor, ...period };
}

/** A root, an intermediate and a leaf with their keys. */
export interface SomeChain {
  readonly keys: { readonly root: SomeKey; readonly middle: SomeKey; readonly leaf: SomeKey };
  readonly names: { readonly root: Der; readonly middle: Der };
  readonly root: Der;
  readonly middle: Der;
  readonly leaf: Der;
}

export async function someChain(): Promise<SomeChain> {
  const [root, middle, leaf] = await Promise.all([someKey('P-384'), someKey('P-384'), someKey()]);
  const names = { root: nameOf('root'), middle: nameOf('intermediate') };
  return {
    keys: { root, middle, leaf },
    names,
    root: await signed(authorityTemplate(names.root, names.root, root), root),
    middle: await signed(authorityTemplate(names.root, names.middle, middle, 0), root),
    leaf: await signed(leafTemplate(names.middle, leaf), middle),
  };
}

/** The bytes with one element more at their end. */
export function withTrailing(der: Uint8Array, ...bytes: readonly number[]): Der {
  return Uint8Array.of(...der, ...bytes);
}
