import { describe, expect, it } from 'vitest';
import {
  derBitString,
  derBoolean,
  derElement,
  derExplicit,
  derImplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derTime,
  derUtf8String,
} from '../../../src/bytes/der-writer.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { parseCertificate } from '../../../src/verify/certificate/certificate.ts';
import {
  alternativeNames,
  authorityConstraints,
  end,
  extension,
  leafTemplate,
  nameOf,
  oids,
  purposes,
  signed,
  someKey,
  start,
  tbsOf,
  uriName,
  usage,
  withExtensions,
  withTrailing,
  type SomeTemplate,
} from './some-certificates.ts';

type Der = Uint8Array<ArrayBuffer>;
const key = await someKey();
const good = leafTemplate(nameOf('authority'), key);
const invalid = expect.objectContaining({ name: 'VerificationError', code: 'ERR_CERTIFICATE_INVALID' }) as Error;

describe('parseCertificate', () => {
  it('reads what a certificate says', async () => {
    const der = await signed(
      withExtensions(good, { [oids.subjectKeyId]: extension(oids.subjectKeyId, derOctetString(utf8('id'))) }),
      key,
    );
    const certificate = parseCertificate(der);
    expect(certificate).toMatchObject({
      issuer: nameOf('authority'),
      subject: derSequence(),
      serial: Uint8Array.of(7),
      notBefore: start,
      notAfter: end,
      publicKey: key.spki,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: [oids.codeSigning],
      basicConstraints: undefined,
      alternativeNames: [{ kind: 'uri', value: 'https://example.com/someone' }],
      subjectKeyId: utf8('id'),
    });
    expect(certificate.bytes).toEqual(der);
    expect(certificate.extensions.map(({ oid, critical }) => [oid, critical])).toEqual([
      [oids.keyUsage, true],
      [oids.purposes, false],
      [oids.names, true],
      [oids.subjectKeyId, false],
    ]);
  });

  it('reads the names of every kind, and says which name nobody here', async () => {
    const other = (type: string): Der =>
      derElement(0xa0, derOid(type), derExplicit(0, derUtf8String('someone!example.com')));
    const names = alternativeNames(
      derImplicit(1, utf8('a@example.com')),
      derImplicit(2, utf8('example.com')),
      uriName('https://example.com'),
      other(`${oids.fulcio}.7`),
      other('1.3.6.1.4.1.311.20.2.3'),
      derImplicit(7, Uint8Array.of(127, 0, 0, 1)),
      derImplicit(8, Uint8Array.of(0x2a)),
      derExplicit(4, nameOf('x')),
    );
    const der = await signed(withExtensions(good, { [oids.names]: names }), key);
    expect(parseCertificate(der).alternativeNames).toEqual([
      { kind: 'email', value: 'a@example.com' },
      { kind: 'dns', value: 'example.com' },
      { kind: 'uri', value: 'https://example.com' },
      { kind: 'other', value: 'someone!example.com' },
      ...Array.from({ length: 4 }, () => ({ kind: 'unknown', value: '' })),
    ]);
  });

  it('reads what an authority may do, and every usage of a key', async () => {
    const changes = { [oids.constraints]: authorityConstraints(3), [oids.keyUsage]: usage(0, 1, 2, 3, 4, 5, 6, 7, 8) };
    const certificate = parseCertificate(await signed(withExtensions(good, changes), key));
    expect(certificate.basicConstraints).toEqual({ ca: true, pathLength: 3 });
    expect(certificate.keyUsage?.join(' ')).toBe(
      'digitalSignature nonRepudiation keyEncipherment dataEncipherment keyAgreement keyCertSign cRLSign encipherOnly decipherOnly',
    );
  });

  it('reads constraints that allow nothing', async () => {
    const none = { [oids.constraints]: extension(oids.constraints, derSequence()) };
    const certificate = parseCertificate(await signed(withExtensions(good, none), key));
    expect(certificate.basicConstraints).toEqual({ ca: false, pathLength: undefined });
  });

  it('reads a serial number of 20 octets', async () => {
    const serial = derElement(0x02, new Uint8Array(20).fill(0x7f));
    expect(parseCertificate(await signed({ ...good, serial }, key)).serial).toHaveLength(20);
  });

  const changed = (changes: Partial<SomeTemplate>): SomeTemplate => ({ ...good, ...changes });
  const extended = (oid: string, value: Uint8Array, critical = false): SomeTemplate =>
    withExtensions(good, { [oid]: extension(oid, value, critical) });

  it.each<[string, SomeTemplate]>([
    ['version 1', changed({ version: derExplicit(0, derInteger(0)) })],
    ['version 4', changed({ version: derExplicit(0, derInteger(3)) })],
    ['no version', changed({ version: new Uint8Array() })],
    ['two versions', changed({ version: derExplicit(0, derInteger(2), derInteger(2)) })],
    ['a negative serial number', changed({ serial: derInteger(-1) })],
    ['the serial number zero', changed({ serial: derInteger(0) })],
    ['a serial number of 21 octets', changed({ serial: derElement(0x02, new Uint8Array(21).fill(0x7f)) })],
    ['a serial number with padding', changed({ serial: derElement(0x02, Uint8Array.of(0, 7)) })],
    ['another signature algorithm inside', changed({ inner: derSequence(derOid('1.2.840.10045.4.3.4')) })],
    ['another signature algorithm outside', changed({ outer: derSequence(derOid('1.2.840.10045.4.3.2'), derNull()) })],
    ['an issuer without a name', changed({ issuer: derSequence() })],
    ['a name with an empty set', changed({ issuer: derSequence(derSetOf()) })],
    ['a name that is no set', changed({ issuer: derSequence(derSequence(derNull())) })],
    ['a name without a value', changed({ issuer: derSequence(derSetOf(derSequence(derOid('2.5.4.3')))) })],
    ['a name of a SET', changed({ issuer: derSequence(derSetOf(derSetOf(derOid('2.5.4.3'), derUtf8String('a')))) })],
    ['a validity without an end', changed({ validity: derSequence(derTime(start)) })],
    ['a validity of three times', changed({ validity: derSequence(derTime(start), derTime(end), derTime(end)) })],
    ['a validity that is no time', changed({ validity: derSequence(derTime(start), derNull()) })],
    ['no extensions', changed({ extensions: {} })],
    ['something after the extensions', changed({ more: [derNull()] })],
    ['an extension twice', withExtensions(good, { again: usage(0) })],
    ['an unknown critical extension', extended('1.2.3', derNull(), true)],
    ['an unknown critical extension of Fulcio', extended(`${oids.fulcio}.8`, derUtf8String('a'), true)],
    ['a critical subject key identifier', extended(oids.subjectKeyId, derOctetString(utf8('id')), true)],
    ['the poison of a precertificate', extended('1.3.6.1.4.1.11129.2.4.3', derNull(), true)],
    ['the poison of a precertificate, not critical', extended('1.3.6.1.4.1.11129.2.4.3', derNull())],
    ['name constraints', extended('2.5.29.30', derSequence(), true)],
    ['name constraints that are not critical', extended('2.5.29.30', derSequence())],
    [
      'a default that is said',
      withExtensions(good, { x: derSequence(derOid('1.2.3'), derBoolean(false), derOctetString(utf8('a'))) }),
    ],
    [
      'an extension that is a SET',
      withExtensions(good, { x: derElement(0x31, derOid('1.2.3'), derOctetString(utf8('a'))) }),
    ],
    [
      'an extension of too many parts',
      withExtensions(good, { x: derSequence(derOid('1.2.3'), derOctetString(utf8('a')), derNull()) }),
    ],
    ['a key usage of no bits', extended(oids.keyUsage, derBitString(new Uint8Array()))],
    ['a key usage with zeros at its end', extended(oids.keyUsage, derBitString(Uint8Array.of(0x80)))],
    ['a key usage of three octets', extended(oids.keyUsage, derBitString(Uint8Array.of(0x80, 0, 1)))],
    ['a key usage of another type', extended(oids.keyUsage, derOctetString(Uint8Array.of(1)))],
    [
      'a key usage that is followed by more',
      extended(oids.keyUsage, withTrailing(derBitString(Uint8Array.of(1)), 5, 0)),
    ],
    ['an extended key usage of nothing', extended(oids.purposes, derSequence())],
    ['an extended key usage of another type', extended(oids.purposes, derSequence(derNull()))],
    ['an extended key usage as a SET', extended(oids.purposes, derSetOf(derOid('1.2.3')))],
    ['constraints that say a default', extended(oids.constraints, derSequence(derBoolean(false)))],
    ['constraints with a path length and no authority', extended(oids.constraints, derSequence(derInteger(1)))],
    [
      'constraints with a negative path length',
      extended(oids.constraints, derSequence(derBoolean(true), derInteger(-1))),
    ],
    ['constraints as a SET', extended(oids.constraints, derSetOf())],
    ['constraints with more in them', extended(oids.constraints, derSequence(derNull()))],
    ['a subject key identifier of another type', extended(oids.subjectKeyId, derNull())],
    ['no alternative name in the list', extended(oids.names, derSequence())],
    ['alternative names as a SET', extended(oids.names, derSetOf(uriName('a')))],
    ['an alternative name of no kind', extended(oids.names, derSequence(derImplicit(9, utf8('a'))))],
    ['an alternative name that is not ASCII', extended(oids.names, derSequence(uriName('https://exämple.com')))],
    [
      'a user name of another type',
      extended(oids.names, derSequence(derElement(0xa0, derOid(`${oids.fulcio}.7`), derExplicit(0, derNull())))),
    ],
    [
      'a user name of two',
      extended(
        oids.names,
        derSequence(
          derElement(0xa0, derOid(`${oids.fulcio}.7`), derExplicit(0, derUtf8String('a'), derUtf8String('b'))),
        ),
      ),
    ],
  ])('refuses %s', async (_what, template) => {
    const der = await signed(template, key);
    expect(() => parseCertificate(der)).toThrow(invalid);
  });

  it('refuses what is not a certificate, or followed by a byte', async () => {
    const der = await signed(good, key);
    const tbs = tbsOf(good, key);
    expect(() => parseCertificate(new Uint8Array())).toThrow(invalid);
    expect(() => parseCertificate(withTrailing(der, 0))).toThrow(invalid);
    expect(() => parseCertificate(der.subarray(0, -1))).toThrow(invalid);
    expect(() => parseCertificate(derSequence(tbs, key.algorithm, derBitString(utf8('a')), derNull()))).toThrow(
      invalid,
    );
    expect(() => parseCertificate(derSequence(tbs, key.algorithm, derBitString(Uint8Array.of(2), 1)))).toThrow(invalid);
    expect(() => parseCertificate(derSequence(tbs, key.algorithm))).toThrow(invalid);
  });

  it('says what is malformed, with the cause', () => {
    expect(() => parseCertificate(Uint8Array.of(0x30, 0x80))).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'ERR_DER_INVALID' }) as unknown }) as Error,
    );
  });

  it('keeps several purposes', async () => {
    const der = await signed(
      withExtensions(good, { [oids.purposes]: purposes([oids.codeSigning, oids.timeStamping]) }),
      key,
    );
    expect(parseCertificate(der).extendedKeyUsage).toEqual([oids.codeSigning, oids.timeStamping]);
  });
});
