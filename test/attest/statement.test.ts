import { describe, expect, it } from 'vitest';
import { parseStatement } from '../../src/attest/statement.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { changed, refusal, thrownBy } from './change-document.ts';
import { someStatement } from './some-documents.ts';

const read = (document: unknown): ReturnType<typeof parseStatement> => parseStatement(utf8(JSON.stringify(document)));
const withDigest = (digest: unknown): unknown => changed(someStatement, 'subject.0.digest', digest);
const [hex32, hex48, hex64] = ['ab'.repeat(32), 'cd'.repeat(48), 'ef'.repeat(64)];

describe('parseStatement', () => {
  it('reads a statement of version 1', () => {
    expect(read(someStatement)).toEqual({
      version: '1',
      subjects: [{ name: 'a.txt', digests: [`sha256:${hex32}`], weakDigests: {}, annotations: {} }],
      predicateType: 'https://example.org/predicate/v1',
      predicate: { said: true },
    });
  });

  it('reads a statement of version 0.1', () => {
    expect(read({ ...someStatement, _type: 'https://in-toto.io/Statement/v0.1' }).version).toBe('0.1');
  });

  it('reads several subjects with several digests each', () => {
    const subject = [
      { name: 'pkg:npm/a@1.0.0', digest: { sha512: hex64 } },
      { digest: { sha256: hex32, sha384: hex48 }, annotations: { a: 'b' } },
    ];
    expect(read({ ...someStatement, subject }).subjects).toEqual([
      { name: 'pkg:npm/a@1.0.0', digests: [`sha512:${hex64}`], weakDigests: {}, annotations: {} },
      { name: '', digests: [`sha256:${hex32}`, `sha384:${hex48}`], weakDigests: {}, annotations: { a: 'b' } },
    ]);
  });

  it('keeps weak and unknown digests where nobody matches on them', () => {
    const digest = { sha1: 'ab'.repeat(20), gitCommit: 'cd'.repeat(20), SHA256: hex32, 'sha-256': hex32, md5: 'X' };
    expect(read(withDigest(digest)).subjects[0]).toMatchObject({ digests: [], weakDigests: digest });
  });

  it('takes a statement without a predicate', () => {
    expect(read(changed(someStatement, 'predicate', undefined)).predicate).toBeUndefined();
    expect(read(changed(someStatement, 'predicate', null)).predicate).toBeUndefined();
  });

  it('ignores members that it does not know, as in-toto demands', () => {
    expect(read({ ...changed(someStatement, 'subject.0.uri', 'x'), extra: 1 }).subjects).toHaveLength(1);
  });
});

describe('parseStatement, of what proves nothing', () => {
  it.each<[string, string, unknown]>([
    ['no type', '_type', undefined],
    ['a type that is not known', '_type', 'https://in-toto.io/Statement/v2'],
    ['a type of another case', '_type', 'https://in-toto.io/statement/v1'],
    ['a type that every object has', '_type', 'constructor'],
    ['no subjects', 'subject', undefined],
    ['an empty list of subjects', 'subject', []],
    ['subjects that are no list', 'subject', { name: 'a' }],
    ['null as a subject', 'subject.0', null],
    ['text as a subject', 'subject.0', 'a.txt'],
    ['no digest', 'subject.0.digest', undefined],
    ['an empty digest', 'subject.0.digest', {}],
    ['null as the digest', 'subject.0.digest', null],
    ['text as the digest', 'subject.0.digest', `sha256:${hex32}`],
    ['a list as the digest', 'subject.0.digest', [hex32]],
    ['upper-case hexadecimal', 'subject.0.digest.sha256', hex32.toUpperCase()],
    ['a prefix in the digest', 'subject.0.digest.sha256', `sha256:${hex32}`],
    ['a digest that is too short', 'subject.0.digest.sha256', hex32.slice(2)],
    ['the digest of another algorithm', 'subject.0.digest.sha512', hex32],
    ['an empty digest value', 'subject.0.digest.sha256', ''],
    ['null as a digest value', 'subject.0.digest.sha256', null],
    ['a number as a weak digest', 'subject.0.digest.sha1', 1],
    ['a number as the name', 'subject.0.name', 1],
    ['text as the annotations', 'subject.0.annotations', 'a'],
    ['no predicate type', 'predicateType', undefined],
    ['an empty predicate type', 'predicateType', ''],
    ['a list as the predicate', 'predicate', []],
    ['text as the predicate', 'predicate', 'x'],
  ])('refuses %s', (_what, path, value) => {
    expect(thrownBy(() => read(changed(someStatement, path, value)))).toMatchObject({
      code: 'ERR_STATEMENT_INVALID',
      issues: [{ path: expect.stringMatching(new RegExp(`^${path}`)) as string }],
    });
  });

  it.each(['', 'not JSON', 'null', '[]', '{}', '{"_type":"https://in-toto.io/Statement/v1"', '\ufeff{}', '\u0000'])(
    'refuses the payload %j',
    (text) => {
      expect(thrownBy(() => parseStatement(utf8(text)))).toMatchObject({ code: 'ERR_STATEMENT_INVALID' });
    },
  );

  it('refuses a second subject, digest or predicate type under the same key', () => {
    const text = JSON.stringify(someStatement);
    for (const [before, more] of [
      ['"subject"', '"subject":[],'],
      ['"sha256"', `"sha256":"${hex32}",`],
      ['"predicateType"', '"predicateType":"x",'],
    ] as const) {
      const twice = utf8(text.replace(before, more + before));
      expect(thrownBy(() => parseStatement(twice))).toMatchObject(refusal('ERR_STATEMENT_INVALID', ''));
    }
  });

  it.each(['"\\ud800"', '1e999', '01', '.5', '"\\x41"', "'a'"])(
    'refuses %s, which parsers do not agree on',
    (value) => {
      const text = JSON.stringify(changed(someStatement, 'predicate.said', '@')).replace('"@"', value);
      expect(thrownBy(() => parseStatement(utf8(text)))).toMatchObject({ code: 'ERR_STATEMENT_INVALID' });
    },
  );

  it.each(['{"__proto__":{"sha256":"x"}}', `${'['.repeat(99)}${']'.repeat(99)}`])(
    'refuses the predicate %s',
    (predicate) => {
      const text = JSON.stringify(changed(someStatement, 'predicate', '@')).replace('"@"', predicate);
      expect(thrownBy(() => parseStatement(utf8(text)))).toMatchObject({ name: 'FormatError' });
    },
  );

  it('takes 10,000 subjects and refuses one more', () => {
    const many = (count: number): unknown => Array.from({ length: count }, () => ({ digest: { sha256: hex32 } }));
    expect(read({ ...someStatement, subject: many(10_000) }).subjects).toHaveLength(10_000);
    expect(thrownBy(() => read({ ...someStatement, subject: many(10_001) }))).toMatchObject(
      refusal('ERR_LIMIT_EXCEEDED', 'subject'),
    );
  });

  it('refuses a payload of more than 16 MiB', () => {
    expect(thrownBy(() => parseStatement(new Uint8Array(16 * 1024 * 1024 + 1)))).toMatchObject({
      code: 'ERR_LIMIT_EXCEEDED',
    });
  });
});
