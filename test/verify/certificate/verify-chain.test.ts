import { describe, expect, it, vi } from 'vitest';
import type { CertificateAuthority } from '../../../src/attest/trust-root.ts';
import { derBitString, derExplicit, derInteger, derNull, derOid, derSequence } from '../../../src/bytes/der-writer.ts';
import { parseCertificate } from '../../../src/verify/certificate/certificate.ts';
import {
  verifyCertificateChain,
  type ChainOptions,
  type VerifiedChain,
} from '../../../src/verify/certificate/verify-chain.ts';
import {
  at,
  authority,
  authorityConstraints,
  authorityTemplate,
  end,
  extension,
  leafTemplate,
  nameOf,
  oids,
  purposes,
  signed,
  someChain,
  someEdwardsKey,
  someKey,
  someRsaKey,
  start,
  tbsOf,
  usage,
  validity,
  withExtensions,
  type SomeTemplate,
} from './some-certificates.ts';

type Der = Uint8Array<ArrayBuffer>;
const good = await someChain();
const { keys, names, root, middle, leaf } = good;
const stranger = await someChain();
const trusted = authority([middle, root]);
const other = await someKey();

function chainOf(certificates: readonly Der[], options: Partial<ChainOptions> = {}): Promise<VerifiedChain> {
  return verifyCertificateChain(certificates, { authorities: [trusted], at, purpose: 'code-signing', ...options });
}

function failsWith(code: string): object {
  return { name: 'VerificationError', code };
}

describe('verifyCertificateChain', () => {
  it.each<[string, readonly Der[], readonly Der[], number]>([
    ['from what the authority lists', [leaf], [middle, root], 3],
    ['from what the bundle has', [leaf, middle], [root], 3],
    ['from both', [leaf, middle], [middle, root], 3],
    ['to an anchor that is an intermediate', [leaf], [middle], 2],
    ['to an anchor that is the leaf', [leaf], [leaf], 1],
    ['past certificates that help nobody', [leaf, stranger.middle, stranger.leaf, middle], [root], 3],
    ['past certificates that nobody can read', [leaf, derNull(), middle], [root], 3],
  ])('finds a chain %s', async (_what, certificates, listed, length) => {
    const anchor = authority(listed);
    const verified = await chainOf(certificates, { authorities: [anchor] });
    expect(verified.chain).toHaveLength(length);
    expect(verified.chain[0]?.bytes).toEqual(leaf);
    expect(verified.authority).toBe(anchor);
  });

  it('takes a leaf that was read already', async () => {
    const read = parseCertificate(leaf);
    const { chain } = await verifyCertificateChain([read, parseCertificate(middle)], {
      authorities: [authority([root])],
      at,
      purpose: 'code-signing',
    });
    expect(chain[0]).toBe(read);
  });

  it('checks what an authority signed itself once, and again where its bytes change', async () => {
    const own = [middle.slice(), root.slice()];
    const authorities = [authority(own)];
    await chainOf([leaf], { authorities });
    const verify = vi.spyOn(crypto.subtle, 'verify');
    expect((await chainOf([leaf], { authorities })).chain).toHaveLength(3);
    expect(verify).toHaveBeenCalledTimes(1);
    verify.mockRestore();
    const last = (own[0]?.length ?? 0) - 1;
    own[0]?.set([(own[0][last] ?? 0) ^ 1], last);
    await expect(chainOf([leaf], { authorities })).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
    own[0]?.set(middle);
    expect((await chainOf([leaf], { authorities })).chain).toHaveLength(3);
    own[0]?.set(Uint8Array.of(0x31));
    await expect(chainOf([leaf], { authorities })).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
  });

  it('tries every authority of the same name', async () => {
    const same = authority([stranger.middle, stranger.root], { uri: 'https://stranger.example' });
    expect((await chainOf([leaf], { authorities: [same, trusted] })).authority).toBe(trusted);
    await expect(chainOf([leaf], { authorities: [same] })).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
  });

  it('takes the one of two intermediates of the same name that signed', async () => {
    const twin = await signed(authorityTemplate(names.root, names.middle, other, 0), keys.root);
    expect((await chainOf([leaf], { authorities: [authority([twin, middle, root])] })).chain[1]?.bytes).toEqual(middle);
  });

  it('takes the one of two certificates of the same key that is valid', async () => {
    const old = { ...authorityTemplate(names.root, names.middle, keys.middle, 0), validity: validity(0, 1000) };
    const expired = await signed(old, keys.root);
    const verified = await chainOf([leaf], { authorities: [authority([expired, middle, root])] });
    expect(verified.chain[1]?.bytes).toEqual(middle);
  });

  it('passes over an authority that it cannot read or that has no certificates', async () => {
    const broken = authority([derNull()]);
    expect((await chainOf([leaf], { authorities: [broken, authority([]), trusted] })).authority).toBe(trusted);
    await expect(chainOf([leaf], { authorities: [broken] })).rejects.toMatchObject(
      failsWith('ERR_CERTIFICATE_INVALID'),
    );
  });

  it.each([start, end])('counts both ends of every validity: %i', async (time) => {
    expect((await chainOf([leaf], { at: time })).chain).toHaveLength(3);
  });

  it.each([
    ['RSA with SHA-256', () => someRsaKey()],
    ['RSA with SHA-512', () => someRsaKey('SHA-512')],
    ['Ed25519', () => someEdwardsKey()],
    ['ECDSA on P-521', () => someKey('P-521')],
  ])('checks signatures of %s', async (_what, make) => {
    const key = await make();
    const anchor = await signed(authorityTemplate(names.root, names.root, key), key);
    const below = await signed(leafTemplate(names.root, keys.leaf), key);
    expect((await chainOf([below], { authorities: [authority([anchor])] })).chain).toHaveLength(2);
  });

  it('checks signatures of RSA-PSS by the parameters of the certificate', async () => {
    const key = await someRsaKey('SHA-256', 'RSA-PSS');
    const anchor = await signed(authorityTemplate(names.root, names.root, key), key);
    const hash = derSequence(derOid('2.16.840.1.101.3.4.2.1'));
    const mask = derSequence(derOid('1.2.840.113549.1.1.8'), hash);
    const pss = (...parameters: readonly Der[]): Der => derSequence(derOid('1.2.840.113549.1.1.10'), ...parameters);
    const result = async (algorithm: Der): Promise<unknown> => {
      const below = await signed({ ...leafTemplate(names.root, keys.leaf), inner: algorithm, outer: algorithm }, key);
      return chainOf([below], { authorities: [authority([anchor])] }).then(
        ({ chain }) => chain.length,
        (error: unknown) => (error as { code: string }).code,
      );
    };
    const parts = [derExplicit(0, hash), derExplicit(1, mask)];
    expect(await result(pss(derSequence(...parts, derExplicit(2, derInteger(32)))))).toBe(2);
    expect(await result(pss(derSequence(...parts, derExplicit(2, derInteger(20)))))).toBe('ERR_CERTIFICATE_INVALID');
    expect(await result(pss(derSequence(...parts)))).toBe('ERR_CERTIFICATE_INVALID');
    expect(await result(pss(derSequence()))).toBe('ERR_ALGORITHM_UNSUPPORTED');
    expect(await result(pss())).toBe('ERR_ALGORITHM_UNSUPPORTED');
    const sha1 = derSequence(derOid('1.3.14.3.2.26'));
    expect(await result(pss(derSequence(derExplicit(0, sha1))))).toBe('ERR_ALGORITHM_UNSUPPORTED');
    const sha384 = derSequence(derOid('1.2.840.113549.1.1.8'), derSequence(derOid('2.16.840.1.101.3.4.2.2')));
    expect(await result(pss(derSequence(derExplicit(0, hash), derExplicit(1, sha384))))).toBe(
      'ERR_ALGORITHM_UNSUPPORTED',
    );
    const mgf2 = derSequence(derOid('1.2.3'), hash);
    expect(await result(pss(derSequence(derExplicit(0, hash), derExplicit(1, mgf2))))).toBe(
      'ERR_ALGORITHM_UNSUPPORTED',
    );
  });
});

describe('verifyCertificateChain refuses', () => {
  it('no certificate at all', async () => {
    await expect(chainOf([])).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
  });

  it('a leaf that cannot be read', async () => {
    await expect(chainOf([derNull()])).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
  });

  it('a leaf of no authority that is trusted', async () => {
    const nobody = authority([await signed(authorityTemplate(nameOf('x'), nameOf('x'), other), other)]);
    await expect(chainOf([leaf], { authorities: [nobody] })).rejects.toMatchObject(
      failsWith('ERR_CERTIFICATE_UNTRUSTED'),
    );
    await expect(chainOf([leaf], { authorities: [] })).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_UNTRUSTED'));
  });

  it('a whole chain that the bundle brings itself', async () => {
    const { leaf: below, middle: above, root: top } = stranger;
    await expect(chainOf([below, above])).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
    await expect(chainOf([below, above, top])).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
  });

  it('a root in the bundle, also that of the authority', async () => {
    await expect(chainOf([leaf, middle, root])).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
  });

  it('more certificates than ten', async () => {
    const certificates = Array.from({ length: 11 }, (_, index) => (index === 0 ? leaf : middle));
    await expect(chainOf(certificates)).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
    expect((await chainOf(certificates.slice(0, 10))).chain).toHaveLength(3);
  });

  it('a chain of more than ten', async () => {
    const key = keys.middle;
    const names11 = Array.from({ length: 11 }, (_, index) => nameOf(`authority ${index}`));
    const above = await Promise.all(
      names11.map((name, index) =>
        signed(authorityTemplate(names11[index + 1] ?? names.root, name, key), index < 10 ? key : keys.root),
      ),
    );
    const below = await signed(leafTemplate(names11[0] ?? names.root, keys.leaf), key);
    const anchor = await signed(authorityTemplate(names.root, names.root, keys.root), keys.root);
    await expect(chainOf([below], { authorities: [authority([...above, anchor])] })).rejects.toMatchObject(
      failsWith('ERR_CERTIFICATE_UNTRUSTED'),
    );
  });

  it('certificates that could be chained in too many ways, in bounded time', async () => {
    const circle = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        signed(
          { ...authorityTemplate(names.middle, names.middle, keys.middle), serial: derInteger(index + 1) },
          keys.middle,
        ),
      ),
    );
    const authorities = [
      authority([...circle, await signed(authorityTemplate(names.root, names.root, keys.root), keys.root)]),
    ];
    await expect(chainOf([leaf], { authorities })).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
  });

  it('a signature with one bit changed', async () => {
    const broken = leaf.slice();
    broken[broken.length - 1] = (broken[broken.length - 1] ?? 0) ^ 1;
    await expect(chainOf([broken])).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
  });

  it('a certificate with one bit changed', async () => {
    const broken = leaf.slice();
    const place = broken.length - 120;
    broken[place] = (broken[place] ?? 0) ^ 1;
    await expect(chainOf([broken])).rejects.toMatchObject({ name: 'VerificationError' });
  });

  it('an authority that is not valid then, or that says no start', async () => {
    const periods: CertificateAuthority['validFor'][] = [
      { start: at + 1, end: undefined },
      { start, end: at - 1 },
      { start: undefined, end: undefined },
    ];
    for (const validFor of periods) {
      const authorities = [{ ...trusted, validFor }];
      await expect(chainOf([leaf], { authorities })).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_EXPIRED'));
    }
    const open = { ...trusted, validFor: { start: at, end: undefined } };
    expect((await chainOf([leaf], { authorities: [open] })).authority).toBe(open);
  });

  it.each([start - 1, end + 1, end + 0.5, 1e300])('every time outside the validity of the leaf: %d', async (time) => {
    const forever = { ...trusted, validFor: { start: 0, end: undefined } };
    await expect(chainOf([leaf], { at: time, authorities: [forever] })).rejects.toMatchObject(
      failsWith('ERR_CERTIFICATE_EXPIRED'),
    );
  });

  it('the failure that says most, whatever the order of authorities', async () => {
    const same = authority([stranger.middle, stranger.root]);
    const late = { ...trusted, validFor: { start: at + 1, end: undefined } };
    for (const authorities of [
      [same, late],
      [late, same],
    ]) {
      await expect(chainOf([leaf], { authorities })).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_EXPIRED'));
    }
  });
});

/** Puts another certificate in the place of one of the three. */
async function replaced(
  which: 'leaf' | 'middle' | 'root',
  change: (template: SomeTemplate) => SomeTemplate,
): Promise<VerifiedChain> {
  if (which === 'leaf') return chainOf([await signed(change(leafTemplate(names.middle, keys.leaf)), keys.middle)]);
  if (which === 'middle') {
    const above = await signed(change(authorityTemplate(names.root, names.middle, keys.middle, 0)), keys.root);
    return chainOf([leaf], { authorities: [authority([above, root])] });
  }
  const anchor = await signed(change(authorityTemplate(names.root, names.root, keys.root)), keys.root);
  return chainOf([leaf], { authorities: [authority([middle, anchor])] });
}

const without = (oid: string) => (template: SomeTemplate) => withExtensions(template, { [oid]: undefined });
const having = (oid: string, der: Der) => (template: SomeTemplate) => withExtensions(template, { [oid]: der });
const during = (from: number, to: number) => (template: SomeTemplate) => ({
  ...template,
  validity: validity(from, to),
});
const noAuthority = extension(oids.constraints, derSequence(), true);

describe('verifyCertificateChain, where one thing is changed,', () => {
  it.each<[string, 'leaf' | 'middle' | 'root', (template: SomeTemplate) => SomeTemplate, string]>([
    ['a leaf without a purpose', 'leaf', without(oids.purposes), 'INVALID'],
    ['a leaf of another purpose', 'leaf', having(oids.purposes, purposes([oids.timeStamping])), 'INVALID'],
    ['a leaf of any purpose', 'leaf', having(oids.purposes, purposes(['2.5.29.37.0'])), 'INVALID'],
    ['a leaf that is an authority', 'leaf', having(oids.constraints, authorityConstraints()), 'INVALID'],
    ['a leaf that may sign certificates', 'leaf', having(oids.keyUsage, usage(0, 5)), 'INVALID'],
    ['a leaf that is not for signatures', 'leaf', having(oids.keyUsage, usage(2)), 'INVALID'],
    ['a leaf that is for non-repudiation alone', 'leaf', having(oids.keyUsage, usage(1)), 'INVALID'],
    ['a leaf that has expired', 'leaf', during(start - 10_000, start), 'EXPIRED'],
    ['a leaf that is not valid yet', 'leaf', during(end, end + 10_000), 'EXPIRED'],
    ['a leaf that names another issuer', 'leaf', (one) => ({ ...one, issuer: nameOf('Intermediate') }), 'UNTRUSTED'],
    [
      'a leaf with an unknown critical extension',
      'leaf',
      having('1.2.3', extension('1.2.3', derNull(), true)),
      'INVALID',
    ],
    ['an intermediate without constraints', 'middle', without(oids.constraints), 'INVALID'],
    ['an intermediate that is no authority', 'middle', having(oids.constraints, noAuthority), 'INVALID'],
    ['an intermediate that may not sign certificates', 'middle', having(oids.keyUsage, usage(0)), 'INVALID'],
    ['an intermediate of another purpose', 'middle', having(oids.purposes, purposes([oids.timeStamping])), 'INVALID'],
    ['an intermediate that has expired', 'middle', during(start - 10_000, start), 'EXPIRED'],
    [
      'an intermediate with an unknown critical extension',
      'middle',
      having('1.2.3', extension('1.2.3', derNull(), true)),
      'INVALID',
    ],
    [
      'an intermediate with name constraints',
      'middle',
      having('2.5.29.30', extension('2.5.29.30', derNull(), true)),
      'INVALID',
    ],
    ['an anchor that allows no intermediate', 'root', having(oids.constraints, authorityConstraints(0)), 'INVALID'],
    ['an anchor that is no authority', 'root', having(oids.constraints, noAuthority), 'INVALID'],
    ['an anchor that has expired', 'root', during(start - 10_000, start), 'EXPIRED'],
    ['an anchor of another purpose', 'root', having(oids.purposes, purposes([oids.timeStamping])), 'INVALID'],
  ])('refuses %s', async (_what, which, change, code) => {
    await expect(replaced(which, change)).rejects.toMatchObject(failsWith(`ERR_CERTIFICATE_${code}`));
  });

  it.each<[string, 'leaf' | 'middle' | 'root', (template: SomeTemplate) => SomeTemplate]>([
    ['a leaf with a second purpose', 'leaf', having(oids.purposes, purposes([oids.timeStamping, oids.codeSigning]))],
    ['a leaf without a key usage', 'leaf', without(oids.keyUsage)],
    ['a leaf that says it is no authority', 'leaf', having(oids.constraints, noAuthority)],
    ['a leaf with a subject', 'leaf', (one) => ({ ...one, subject: nameOf('someone') })],
    ['an intermediate of this purpose', 'middle', having(oids.purposes, purposes([oids.codeSigning]))],
    ['an intermediate of any purpose', 'middle', having(oids.purposes, purposes(['2.5.29.37.0']))],
    ['an intermediate without a key usage', 'middle', without(oids.keyUsage)],
    ['an anchor that allows one intermediate', 'root', having(oids.constraints, authorityConstraints(1))],
  ])('takes %s', async (_what, which, change) => {
    expect((await replaced(which, change)).chain).toHaveLength(3);
  });

  it('does not count a certificate that an authority gave itself', async () => {
    const rollover = await signed(authorityTemplate(names.middle, names.middle, other), keys.middle);
    const below = await signed(leafTemplate(names.middle, keys.leaf), other);
    expect((await chainOf([below], { authorities: [authority([rollover, middle, root])] })).chain).toHaveLength(4);
  });

  it.each([
    ['SHA-1', derSequence(derOid('1.2.840.113549.1.1.5'), derNull()), 'ERR_ALGORITHM_UNSUPPORTED'],
    [
      'an algorithm without a hash',
      derSequence(derOid('1.2.840.113549.1.1.1'), derNull()),
      'ERR_ALGORITHM_UNSUPPORTED',
    ],
    ['an algorithm of other keys', derSequence(derOid('1.2.840.113549.1.1.11'), derNull()), 'ERR_CERTIFICATE_INVALID'],
    ['RSA-PSS with SHA-1', derSequence(derOid('1.2.840.113549.1.1.10'), derSequence()), 'ERR_ALGORITHM_UNSUPPORTED'],
    ['another hash', derSequence(derOid('1.2.840.10045.4.3.4')), 'ERR_CERTIFICATE_INVALID'],
    ['parameters', derSequence(derOid('1.2.840.10045.4.3.3'), derNull()), 'ERR_CERTIFICATE_INVALID'],
  ])('refuses a signature algorithm that names %s', async (_what, algorithm, code) => {
    const template = { ...leafTemplate(names.middle, keys.leaf), inner: algorithm, outer: algorithm };
    await expect(chainOf([await signed(template, keys.middle)])).rejects.toMatchObject(failsWith(code));
  });

  it('refuses a signature that is followed by a byte', async () => {
    const tbs = tbsOf(leafTemplate(names.middle, keys.leaf), keys.middle);
    const signature = Uint8Array.of(...(await keys.middle.sign(tbs)), 0);
    const der = derSequence(tbs, keys.middle.algorithm, derBitString(signature));
    await expect(chainOf([der])).rejects.toMatchObject(failsWith('ERR_CERTIFICATE_INVALID'));
  });
});

describe('verifyCertificateChain for time-stamping', () => {
  const stamper = async (change: (template: SomeTemplate) => SomeTemplate = (template) => template): Promise<Der> =>
    signed(
      change(
        withExtensions(leafTemplate(names.middle, keys.leaf), { [oids.purposes]: purposes([oids.timeStamping], true) }),
      ),
      keys.middle,
    );
  const purpose = 'time-stamping';

  it('takes a leaf for time-stamping alone, with a root beside it that counts for nothing', async () => {
    expect((await chainOf([await stamper(), middle, root], { purpose })).chain).toHaveLength(3);
    await expect(chainOf([await stamper(), root], { purpose, authorities: [] })).rejects.toMatchObject(
      failsWith('ERR_CERTIFICATE_UNTRUSTED'),
    );
  });

  it('takes a key that is for non-repudiation', async () => {
    expect((await chainOf([await stamper(having(oids.keyUsage, usage(1)))], { purpose })).chain).toHaveLength(3);
  });

  it.each<[string, (template: SomeTemplate) => SomeTemplate]>([
    ['a purpose that is not critical', having(oids.purposes, purposes([oids.timeStamping]))],
    ['a second purpose', having(oids.purposes, purposes([oids.timeStamping, oids.codeSigning], true))],
    ['the purpose of signing code', having(oids.purposes, purposes([oids.codeSigning], true))],
    ['no purpose', without(oids.purposes)],
    ['a key that is for encryption', having(oids.keyUsage, usage(2))],
  ])('refuses %s', async (_what, change) => {
    await expect(chainOf([await stamper(change)], { purpose })).rejects.toMatchObject(
      failsWith('ERR_CERTIFICATE_INVALID'),
    );
  });
});

it('refuses an authority whose key is no key', async () => {
  const broken = {
    ...keys.middle,
    spki: derSequence(
      derSequence(derOid('1.2.840.10045.2.1'), derOid('1.3.132.0.34')),
      derBitString(Uint8Array.of(4, ...new Uint8Array(96))),
    ),
  };
  const above = await signed(authorityTemplate(names.root, names.middle, broken, 0), keys.root);
  await expect(chainOf([leaf], { authorities: [authority([above, root])] })).rejects.toMatchObject(
    failsWith('ERR_CERTIFICATE_INVALID'),
  );
});
