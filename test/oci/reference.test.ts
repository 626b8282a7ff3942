import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPackError } from '../../src/errors.ts';
import {
  formatReference,
  isRegistryName,
  isRepositoryName,
  isTag,
  parseReference,
  parseRepository,
  type Reference,
} from '../../src/oci/index.ts';

const sha256 = `sha256:${'f'.repeat(64)}`;
const sha512 = `sha512:${'f'.repeat(128)}`;
const refused = expect.objectContaining({ name: 'UsageError', code: 'ERR_INVALID_REFERENCE' }) as Error;

describe('parseReference', () => {
  // Cases of distribution/reference v0.6.0, reference_test.go, in their normalised form, and our own.
  it.each([
    ['test_com', 'docker.io', 'library/test_com', undefined, undefined],
    ['test.com:tag', 'docker.io', 'library/test.com', 'tag', undefined],
    ['test.com:5000', 'docker.io', 'library/test.com', '5000', undefined],
    ['test.com/repo:tag', 'test.com', 'repo', 'tag', undefined],
    ['test:5000/repo', 'test:5000', 'repo', undefined, undefined],
    ['test:5000/repo:tag', 'test:5000', 'repo', 'tag', undefined],
    [`test:5000/repo@${sha256}`, 'test:5000', 'repo', undefined, sha256],
    [`test:5000/repo:tag@${sha256}`, 'test:5000', 'repo', 'tag', sha256],
    ['lowercase:Uppercase', 'docker.io', 'library/lowercase', 'Uppercase', undefined],
    ['sub-dom1.foo.com/bar/baz/quux', 'sub-dom1.foo.com', 'bar/baz/quux', undefined, undefined],
    ['sub-dom1.foo.com/bar/baz/quux:some-long-tag', 'sub-dom1.foo.com', 'bar/baz/quux', 'some-long-tag', undefined],
    [
      'b.gcr.io/test.example.com/my-app:test.example.com',
      'b.gcr.io',
      'test.example.com/my-app',
      'test.example.com',
      undefined,
    ],
    ['xn--n3h.com/myimage:xn--n3h.com', 'xn--n3h.com', 'myimage', 'xn--n3h.com', undefined],
    [`xn--7o8h.com/myimage:xn--7o8h.com@${sha512}`, 'xn--7o8h.com', 'myimage', 'xn--7o8h.com', sha512],
    ['foo_bar.com:8080', 'docker.io', 'library/foo_bar.com', '8080', undefined],
    ['foo/foo_bar.com:8080', 'docker.io', 'foo/foo_bar.com', '8080', undefined],
    ['192.168.1.1', 'docker.io', 'library/192.168.1.1', undefined, undefined],
    ['192.168.1.1/repo', '192.168.1.1', 'repo', undefined, undefined],
    ['192.168.1.1:5000/repo:5050', '192.168.1.1:5000', 'repo', '5050', undefined],
    ['[2001:db8::1]/repo:tag', '[2001:db8::1]', 'repo', 'tag', undefined],
    ['[2001:db8:1:2:3:4:5:6]/repo:tag', '[2001:db8:1:2:3:4:5:6]', 'repo', 'tag', undefined],
    ['[::1]:5000/repo', '[::1]:5000', 'repo', undefined, undefined],
    [`[fe80::1]:5000/repo@${sha256}`, '[fe80::1]:5000', 'repo', undefined, sha256],
    ['Uppercase/lowercase:tag', 'Uppercase', 'lowercase', 'tag', undefined],
    ['localhost/repo', 'localhost', 'repo', undefined, undefined],
    ['localhost:5000/repo', 'localhost:5000', 'repo', undefined, undefined],
    ['ubuntu', 'docker.io', 'library/ubuntu', undefined, undefined],
    ['docker.io/ubuntu', 'docker.io', 'library/ubuntu', undefined, undefined],
    ['index.docker.io/ubuntu', 'docker.io', 'library/ubuntu', undefined, undefined],
    ['index.docker.io/user/repo', 'docker.io', 'user/repo', undefined, undefined],
    ['docker.io/library/ubuntu', 'docker.io', 'library/ubuntu', undefined, undefined],
    ['user/repo', 'docker.io', 'user/repo', undefined, undefined],
    ['a/b__c/d---e.f', 'docker.io', 'a/b__c/d---e.f', undefined, undefined],
    [`ghcr.io/a/b@sha384:${'0'.repeat(96)}`, 'ghcr.io', 'a/b', undefined, `sha384:${'0'.repeat(96)}`],
    ['registry.example:65535/a', 'registry.example:65535', 'a', undefined, undefined],
  ])('reads %s', (text, registry, repository, tag, digest) => {
    const expected = { registry, repository, ...(tag && { tag }), ...(digest && { digest }) };
    expect(parseReference(text)).toEqual(expected);
    expect(parseReference(formatReference(expected as Reference))).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['a tag alone', ':justtag'],
    ['a digest alone', `@${sha256}`],
    ['a short digest', 'repo@sha256:ffffffffffffffffffffffffffffffffff'],
    ['a digest by another algorithm', `validname@invaliddigest:${'f'.repeat(128)}`],
    ['a digest by md5', `repo@md5:${'f'.repeat(32)}`],
    ['a digest in upper case', `repo@sha256:${'F'.repeat(64)}`],
    ['an empty digest', 'repo@'],
    ['two digests', `repo@${sha256}@${sha256}`],
    ['a tag behind the digest', `repo@${sha256}:tag`],
    ['an upper-case repository', 'Uppercase:tag'],
    ['an upper-case repository behind a registry', 'test:5000/Uppercase/lowercase:tag'],
    ['signs in the repository', 'aa/asdf$$^/aa'],
    ['a registry that starts with a dash', '-test.com/repo'],
    ['a registry that ends with a dash', 'test-.com/repo'],
    ['an underscore in the registry', 'foo_bar.com/repo'],
    ['an empty label in the registry', 'a..b/repo'],
    ['a registry that ends with a dot', 'a.b./repo'],
    ['an IPv6 address without a repository', '[2001:db8::1]'],
    ['an IPv6 address with a port alone', '[2001:db8::1]:5000'],
    ['an IPv6 address with a zone', '[fe80::1%eth0]:5000/repo'],
    ['an IPv6 address with a zone and an at sign', '[fe80::1%@invalidzone]:5000/repo'],
    ['an IPv6 address without brackets', '2001:db8::1/repo'],
    ['an IPv6 address of eleven groups', '[1:2:3:4:5:6:7:8:9:a:b]/repo'],
    ['an IPv6 address that does not end', '[::1/repo'],
    ['something between the bracket and the port', '[::1]x:5000/repo'],
    ['an empty port', 'registry.example:/repo'],
    ['a port with letters', 'registry.example:50a/repo'],
    ['a port beyond 65535', 'registry.example:65536/repo'],
    ['an empty tag', 'repo:'],
    ['a tag that starts with a dot', 'repo:.tag'],
    ['a tag that starts with a dash', 'repo:-tag'],
    ['two tags', 'repo:a:b'],
    ['a tag with another script', 'repo:tág'],
    ['an empty part', 'registry.example/a//b'],
    ['a part that is two dots', 'registry.example/a/../b'],
    ['a slash at the end', 'registry.example/a/'],
    ['a slash at the start', '/a'],
    ['a part that ends with a dot', 'a./b/c'],
    ['two dots inside a part', 'a..b'],
    ['three underscores', 'a___b'],
    ['white space', ' ubuntu'],
    ['a line end', 'ubuntu\n'],
    ['a URL', 'https://registry.example/a'],
    ['user info', 'user:password@registry.example/a'],
    ['64 hexadecimal digits', 'a'.repeat(64)],
  ])('refuses %s', (_, text) => {
    expect(() => parseReference(text)).toThrow(refused);
  });

  it('reads a repository of 255 characters and refuses one more', () => {
    const longest = 'a/'.repeat(127) + 'a';
    expect(parseReference(`registry.example/${longest}:tag-does-not-count`).repository).toBe(longest);
    expect(() => parseReference(`registry.example/${longest}a`)).toThrow(refused);
  });

  it('reads a tag of 128 characters and refuses one more', () => {
    const longest = 'a'.repeat(128);
    expect(parseReference(`a/b:${longest}`).tag).toBe(longest);
    expect(() => parseReference(`a/b:${longest}a`)).toThrow(refused);
  });

  it('refuses a megabyte of anything at once', () => {
    for (const part of ['a', '-', 'a-', 'a/', ':', '@', '[', '1.']) {
      const started = performance.now();
      expect(() => parseReference(part.repeat(1_000_000))).toThrow(refused);
      expect(performance.now() - started).toBeLessThan(1000);
    }
  });

  it('gives a reference or throws an error of ours, whatever the text', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-zA-Z0-9.:/@_[\]-]{0,40}$/));
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const reference = parseReference(text);
          return formatReference(parseReference(formatReference(reference))) === formatReference(reference);
        } catch (error) {
          return isPackError(error) && error.code === 'ERR_INVALID_REFERENCE';
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back what formatReference writes', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,5}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}$/);
    const references = fc.record(
      {
        registry: fc.constantFrom('registry.example', 'localhost', 'a:1', '[::1]:5000', 'docker.io', '10.0.0.1'),
        repository: fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
        tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
        digest: fc.constantFrom(sha256, sha512),
      },
      { requiredKeys: ['registry', 'repository'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(references, (reference) => {
        expect(parseReference(formatReference(reference as Reference))).toEqual(reference);
      }),
    );
  });
});

describe('parseRepository', () => {
  it('reads a registry and a repository', () => {
    expect(parseRepository('ghcr.io/a/b')).toEqual({ registry: 'ghcr.io', repository: 'a/b' });
  });

  it.each(['ghcr.io/a/b:tag', `ghcr.io/a/b@${sha256}`])('refuses %s', (text) => {
    expect(() => parseRepository(text)).toThrow(refused);
  });
});

describe('the parts of a reference', () => {
  it('are checked by their own', () => {
    expect([isTag('v1.0_x-y'), isTag(''), isTag(1)]).toEqual([true, false, false]);
    expect([isRepositoryName('a/b'), isRepositoryName('A'), isRepositoryName(1)]).toEqual([true, false, false]);
    expect([isRegistryName('a.b:1'), isRegistryName(''), isRegistryName(1)]).toEqual([true, false, false]);
    expect(isRegistryName(`${'a.'.repeat(600)}a`)).toBe(false);
  });
});
