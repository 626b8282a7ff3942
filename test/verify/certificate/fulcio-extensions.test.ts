import { describe, expect, it } from 'vitest';
import { derImplicit, derNull, derUtf8String } from '../../../src/bytes/der-writer.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { parseCertificate, type Certificate } from '../../../src/verify/certificate/certificate.ts';
import {
  fulcioExtensionNames,
  fulcioExtensions,
  identityOf,
} from '../../../src/verify/certificate/fulcio-extensions.ts';
import {
  alternativeNames,
  extension,
  leafTemplate,
  nameOf,
  oids,
  signed,
  someKey,
  uriName,
  withExtensions,
  withTrailing,
} from './some-certificates.ts';

const key = await someKey();
const invalid = expect.objectContaining({ name: 'VerificationError', code: 'ERR_CERTIFICATE_INVALID' }) as Error;

async function certificateWith(values: Readonly<Record<string, Uint8Array | undefined>>): Promise<Certificate> {
  const changes = Object.entries(values).map(([oid, value]) => [oid, value && extension(oid, value)] as const);
  return parseCertificate(
    await signed(withExtensions(leafTemplate(nameOf('authority'), key), Object.fromEntries(changes)), key),
  );
}

function fulcio(number: number): string {
  return `${oids.fulcio}.${number}`;
}

describe('fulcioExtensions', () => {
  it('gives each by its name, the first six as they are and the others as text in DER', async () => {
    const numbers = Array.from({ length: 24 }, (_, index) => index + 1).filter((number) => number !== 7);
    const values = numbers.map((number) => {
      const text = number === 1 || number === 8 ? 'issuer' : `value ${number}`;
      return [fulcio(number), number < 7 ? utf8(text) : derUtf8String(text)] as const;
    });
    const { issuer, extensions } = fulcioExtensions(await certificateWith(Object.fromEntries(values)));
    expect(issuer).toBe('issuer');
    expect(extensions).toEqual({
      githubWorkflowTrigger: 'value 2',
      githubWorkflowSHA: 'value 3',
      githubWorkflowName: 'value 4',
      githubWorkflowRepository: 'value 5',
      githubWorkflowRef: 'value 6',
      buildSignerURI: 'value 9',
      buildSignerDigest: 'value 10',
      runnerEnvironment: 'value 11',
      sourceRepositoryURI: 'value 12',
      sourceRepositoryDigest: 'value 13',
      sourceRepositoryRef: 'value 14',
      sourceRepositoryIdentifier: 'value 15',
      sourceRepositoryOwnerURI: 'value 16',
      sourceRepositoryOwnerIdentifier: 'value 17',
      buildConfigURI: 'value 18',
      buildConfigDigest: 'value 19',
      buildTrigger: 'value 20',
      runInvocationURI: 'value 21',
      sourceRepositoryVisibilityAtSigning: 'value 22',
      deploymentEnvironment: 'value 23',
      tokenSubject: 'value 24',
    });
    expect(Object.keys(fulcioExtensionNames)).toHaveLength(21);
  });

  it('keeps what nobody knows by its identifier where it is text, and leaves out the rest', async () => {
    const certificate = await certificateWith({
      [fulcio(99)]: derUtf8String('new'),
      [fulcio(98)]: derNull(),
      [`${oids.fulcio}.9.1`]: derUtf8String('below'),
      [`${oids.fulcio}0.9`]: derUtf8String('beside'),
      '1.3.6.1.4.1.57264.2': derUtf8String('elsewhere'),
    });
    expect(fulcioExtensions(certificate)).toEqual({
      extensions: { [fulcio(99)]: 'new', [`${oids.fulcio}.9.1`]: 'below' },
    });
  });

  it.each([
    ['the first form of the issuer', { [fulcio(1)]: utf8('a') }],
    ['the second form of the issuer', { [fulcio(8)]: derUtf8String('a') }],
    ['both', { [fulcio(1)]: utf8('a'), [fulcio(8)]: derUtf8String('a') }],
  ])('gives the issuer from %s', async (_what, values) => {
    expect(fulcioExtensions(await certificateWith(values))).toEqual({ issuer: 'a', extensions: {} });
  });

  it.each([
    ['two forms of the issuer that disagree', { [fulcio(1)]: utf8('a'), [fulcio(8)]: derUtf8String('b') }],
    ['two forms of which one has a slash more', { [fulcio(1)]: utf8('a'), [fulcio(8)]: derUtf8String('a/') }],
    ['an issuer of the second form that is not in DER', { [fulcio(8)]: utf8('https://issuer') }],
    ['an issuer of the first form that is not UTF-8', { [fulcio(1)]: Uint8Array.of(0xff) }],
    ['a value that is not UTF-8', { [fulcio(9)]: Uint8Array.of(0x0c, 1, 0xff) }],
    ['a value of another type', { [fulcio(9)]: Uint8Array.of(0x16, 1, 0x61) }],
    ['a value that is followed by a byte', { [fulcio(9)]: withTrailing(derUtf8String('a'), 0) }],
  ])('refuses %s', async (_what, values) => {
    const certificate = await certificateWith(values);
    expect(() => fulcioExtensions(certificate)).toThrow(invalid);
  });
});

describe('identityOf', () => {
  const named = async (...names: readonly Uint8Array<ArrayBuffer>[]): Promise<Certificate> =>
    parseCertificate(
      await signed(
        withExtensions(leafTemplate(nameOf('authority'), key), {
          [oids.names]: names.length === 0 ? undefined : alternativeNames(...names),
        }),
        key,
      ),
    );

  it('gives the one name, and its kind', async () => {
    expect(identityOf(await named(uriName('https://a')))).toEqual({ kind: 'uri', value: 'https://a' });
    expect(identityOf(await named(derImplicit(1, utf8('a@b'))))).toEqual({ kind: 'email', value: 'a@b' });
  });

  it.each([
    ['no name', []],
    ['two names', [uriName('https://a'), uriName('https://b')]],
    ['the same name twice', [uriName('https://a'), uriName('https://a')]],
    ['a name and one of another kind', [uriName('https://a'), derImplicit(7, Uint8Array.of(1, 2, 3, 4))]],
    ['an empty name', [uriName('')]],
    ['a host', [derImplicit(2, utf8('example.com'))]],
    ['an address', [derImplicit(7, Uint8Array.of(1, 2, 3, 4))]],
  ])('refuses %s', async (_what, names) => {
    const certificate = await named(...names);
    expect(() => identityOf(certificate)).toThrow(invalid);
  });
});
