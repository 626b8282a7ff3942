import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { digestOf, type Digest } from '../../../../src/digest/digest.ts';
import { referrersTag } from '../../../../src/adapters/registry/http/referrers-tag.ts';
import type { Override } from './simple-registry.ts';
import { described, index, indexAnswer, manifest, problem, SimpleRegistry } from './simple-registry.ts';
import { mediaTypes } from '../../../../src/oci/media-types.ts';
import type { PackEvent } from '../../../../src/ports/operation.ts';

const { imageManifest, imageIndex } = mediaTypes;
const image = manifest();
const subject = { mediaType: imageManifest, digest: digestOf(image), size: image.length };
const tag = referrersTag(subject.digest);
const signatureType = 'application/vnd.example.signature';
const annotations = { 'org.example.b': '2', 'org.example.a': '1' };
const signature = manifest({ subject, artifactType: signatureType, annotations });
const signed = digestOf(signature);
const entryOf = (text: string, members: object = {}): { digest: Digest } =>
  described(text, members) as { digest: Digest };

/** Answers the referrers API, and leaves everything else to the registry. */
function withApi(answer: (query: URLSearchParams, request: Request) => Response): Override {
  return (request, { path, search }) =>
    path.includes('/referrers/') ? answer(new URLSearchParams(search), request) : undefined;
}

function withTag(bytes: Uint8Array<ArrayBuffer>, type: string = imageIndex, at: string = tag): SimpleRegistry {
  const registry = new SimpleRegistry();
  registry.tags.set(at, registry.store(bytes, type));
  return registry;
}

const put = (registry: SimpleRegistry, bytes = signature, options = {}) =>
  registry.open(options).manifest.put(bytes, { mediaType: imageManifest });

const listed = (registry: SimpleRegistry, at = tag): { digest: string }[] =>
  (registry.document(at) as { manifests: { digest: string }[] } | undefined)?.manifests ?? [];

describe('referrers', () => {
  const one = entryOf('one', { artifactType: signatureType, annotations });
  const two = entryOf('two', { artifactType: 'application/x' });
  const sorted = (...entries: { digest: string }[]): string[] => entries.map(({ digest }) => digest).sort();

  it('asks the API, each page, and sorts', async () => {
    const registry = new SimpleRegistry();
    registry.override = withApi((query) =>
      query.has('page') ? indexAnswer([two, one]) : indexAnswer([one], { link: '<?page=2>; rel="next"' }),
    );
    const answer = await registry.open().referrers(subject.digest);
    expect(answer.from).toBe('api');
    expect(answer.referrers.map(({ digest }) => digest)).toEqual(sorted(one, two));
    expect(answer.referrers.find(({ digest }) => digest === one.digest)).toEqual(one);
    const [first] = sorted(one, two) as Digest[];
    const rest = await registry.open().referrers(subject.digest, { after: first });
    expect(rest.referrers).toHaveLength(1);
  });

  it.each([
    ['is not applied', {}],
    ['is said to be applied', { 'oci-filters-applied': 'artifactType' }],
  ])('C16: filters here where the filter %s', async (_, headers) => {
    const registry = new SimpleRegistry();
    const asked: (string | null)[] = [];
    registry.override = withApi((query) => {
      asked.push(query.get('artifactType'));
      return indexAnswer([one, two], headers);
    });
    const answer = await registry.open().referrers(subject.digest, { artifactType: signatureType });
    expect(answer.referrers).toEqual([one]);
    expect(asked).toEqual([signatureType]);
  });

  it.each([
    ['404', () => problem(404, 'NOT_FOUND')],
    ['404 in plain text', () => new Response('404 page not found', { status: 404 })],
    ['400', () => problem(400, 'UNSUPPORTED')],
    ['405', () => problem(405, 'UNSUPPORTED')],
    ['406', () => new Response(null, { status: 406 })],
    ['303 without a location', () => new Response(null, { status: 303 })],
    ['a web page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['another content type', () => Response.json({ manifests: [] })],
  ])('C1: reads the tag where the API answers %s', async (_, answer) => {
    const registry = withTag(index([one, one, two]));
    registry.override = withApi(answer);
    const found = await registry.open().referrers(subject.digest);
    expect(found.from).toBe('tag');
    expect(found.referrers.map(({ digest }) => digest)).toEqual(sorted(one, two));
  });

  it('C1: reads the tag where the API leads to another place, and that is busy', async () => {
    const registry = withTag(index([one]));
    registry.override = (_, { path }) => {
      if (path.startsWith('/login')) return new Response(null, { status: 429, headers: { 'retry-after': '60' } });
      const location = 'https://web.example/login?to=sha256:12';
      return path.includes('/referrers/') ? new Response(null, { status: 303, headers: { location } }) : undefined;
    };
    expect(await registry.open().referrers(subject.digest)).toEqual({ referrers: [one], from: 'tag' });
  });

  it('waits for a registry that is busy, and does not take that for an answer', async () => {
    const registry = withTag(index([]));
    let asked = 0;
    registry.override = withApi(() => (asked++ < 2 ? new Response(null, { status: 429 }) : indexAnswer([one])));
    expect((await registry.open().referrers(subject.digest)).referrers).toEqual([one]);
    asked = -100;
    await expect(registry.open().referrers(subject.digest)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_RATE_LIMITED',
    });
  });

  it('has no referrers where there is neither API nor tag', async () => {
    expect(await new SimpleRegistry().open().referrers(subject.digest)).toEqual({ referrers: [], from: 'tag' });
  });

  it('never takes an outage for an empty list', async () => {
    const registry = new SimpleRegistry();
    registry.override = withApi(() => problem(500, 'UNKNOWN'));
    await expect(registry.open().referrers(subject.digest)).rejects.toMatchObject({ code: 'ERR_REGISTRY_UNAVAILABLE' });
    registry.override = withApi((query) =>
      query.has('page') ? problem(404, 'X') : indexAnswer([one], { link: '<?page=2>; rel="next"' }),
    );
    await expect(registry.open().referrers(subject.digest)).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
  });

  it.each([401, 403])('says that referrers are hidden where the API alone is refused with %i', async (status) => {
    const registry = withTag(index([one]));
    registry.override = withApi(() => problem(status, 'DENIED'));
    expect(await registry.open().referrers(subject.digest)).toEqual({ referrers: [one], from: 'hidden' });
    registry.override = () => problem(status, 'DENIED');
    await expect(registry.open().referrers(subject.digest)).rejects.toMatchObject({ status });
  });

  it('merges both where what the registry says is not to be relied on', async () => {
    const registry = withTag(index([one, entryOf('two', { artifactType: 'application/wrong' })]));
    registry.override = withApi(() => indexAnswer([two]));
    const { from, referrers } = await registry.open({ profile: { mergeReferrers: true } }).referrers(subject.digest);
    expect(from).toBe('both');
    expect(referrers).toHaveLength(2);
    expect(referrers).toContainEqual(two);
  });

  it('C3: takes a tag that gives the subject itself, or no index, for no referrers', async () => {
    const gitlab = index([one]);
    const registry = withTag(gitlab, imageIndex, referrersTag(digestOf(gitlab)));
    expect((await registry.open().referrers(digestOf(gitlab))).referrers).toEqual([]);
    expect((await withTag(image, imageManifest).open().referrers(subject.digest)).referrers).toEqual([]);
  });

  it.each([
    ['no digest', [{ ...one, digest: 'sha256:1' }]],
    ['no size', [{ ...one, size: -1 }]],
    ['no media type', [{ ...one, mediaType: 'x' }]],
    ['no artifact type', [{ ...one, artifactType: 'x' }]],
    ['annotations that are no strings', [{ ...one, annotations: { a: 1 } }]],
    ['an entry that is none', [1]],
    ['no list', {}],
  ])('refuses a list with %s', async (_, manifests) => {
    const registry = new SimpleRegistry();
    registry.override = withApi(() => indexAnswer(manifests));
    await expect(registry.open().referrers(subject.digest)).rejects.toMatchObject({ code: 'ERR_INDEX_INVALID' });
  });

  it('refuses a list that says that it is something else', async () => {
    const registry = withTag(index([], { mediaType: imageManifest }));
    await expect(registry.open().referrers(subject.digest)).rejects.toMatchObject({ name: 'FormatError' });
    registry.override = withApi(
      () => new Response(index([], { mediaType: imageManifest }), { headers: { 'content-type': imageIndex } }),
    );
    await expect(registry.open().referrers(subject.digest)).rejects.toMatchObject({ code: 'ERR_INDEX_INVALID' });
  });

  it('takes the null of Go for nothing', async () => {
    const registry = new SimpleRegistry();
    registry.override = withApi(() => indexAnswer(null));
    expect((await registry.open().referrers(subject.digest)).referrers).toEqual([]);
    registry.override = withApi(() => indexAnswer([{ ...one, annotations: null, artifactType: '' }]));
    const [found] = (await registry.open().referrers(subject.digest)).referrers;
    expect(found).toEqual(entryOf('one'));
  });

  it('bounds a list that does not end', async () => {
    const registry = new SimpleRegistry();
    let page = 0;
    registry.override = withApi(() => indexAnswer([entryOf(`${page}`)], { link: `<?page=${++page}>; rel="next"` }));
    const repository = registry.open({ limits: { names: 5 } });
    await expect(repository.referrers(subject.digest)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('refuses a subject that is no digest', async () => {
    const referrers = new SimpleRegistry().open().referrers('sha256:1');
    await expect(referrers).rejects.toMatchObject({ code: 'ERR_INVALID_DIGEST' });
  });
});

describe('manifest.put of a manifest with a subject', () => {
  it('relies on OCI-Subject', async () => {
    const registry = new SimpleRegistry();
    const headers = { 'oci-subject': subject.digest };
    registry.override = ({ method }) => (method === 'PUT' ? new Response(null, { status: 201, headers }) : undefined);
    await put(registry);
    expect(registry.log.filter((line) => !line.startsWith('GET /v2/'))).toEqual([`PUT manifests/${signed}`]);
  });

  it('C2: lists it under the tag where there is no OCI-Subject', async () => {
    const registry = new SimpleRegistry();
    await put(registry);
    expect(registry.document(tag)).toEqual({
      schemaVersion: 2,
      mediaType: imageIndex,
      manifests: [
        { mediaType: imageManifest, digest: signed, size: signature.length, annotations, artifactType: signatureType },
      ],
    });
  });

  it('C2: asks the API first, and relies on a list that has it', async () => {
    const registry = new SimpleRegistry();
    registry.override = withApi(() => indexAnswer([entryOf('x'), { ...entryOf('y'), digest: signed }]));
    await put(registry);
    expect(registry.tags.has(tag)).toBe(false);
    registry.override = withApi(() => indexAnswer([]));
    await put(registry);
    expect(listed(registry)).toHaveLength(1);
  });

  it.each([
    ['another subject', { 'oci-subject': digestOf(utf8('other')) }, {}],
    ['a registry that says so without doing it', { 'oci-subject': subject.digest }, { distrustSubject: true }],
  ])('C2: does not rely on the OCI-Subject of %s', async (_, headers, profile) => {
    const registry = new SimpleRegistry();
    registry.override = ({ method }, { path }) => {
      if (method !== 'PUT' || !path.endsWith(signed)) return undefined;
      registry.store(signature, imageManifest);
      return new Response(null, { status: 201, headers });
    };
    await put(registry, signature, { profile });
    expect(listed(registry)).toHaveLength(1);
  });

  it.each([
    ['a manifest', () => withTag(manifest({ annotations: { a: 'b' } }), imageManifest)],
    ['the subject itself', () => withTag(image, imageManifest)],
    [
      'a list of Docker',
      () => withTag(index([], { mediaType: mediaTypes.dockerManifestList }), mediaTypes.dockerManifestList),
    ],
  ])('C3: fails where the tag is of %s, and leaves it', async (_, make) => {
    const registry = make();
    const before = registry.tags.get(tag);
    await expect(put(registry)).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
    expect(registry.tags.get(tag)).toBe(before);
    expect(registry.manifests.has(signed)).toBe(true);
  });

  it('C3: fails where the list is broken, and leaves it', async () => {
    const registry = withTag(utf8('{"mediaType":"application/vnd.oci.image.index.v1+json"'));
    const before = registry.tags.get(tag);
    await expect(put(registry)).rejects.toMatchObject({ name: 'FormatError' });
    expect(registry.tags.get(tag)).toBe(before);
  });

  it('C4: lists it once, and keeps what is there with every member', async () => {
    const other = { ...entryOf('other'), platform: { os: 'linux', architecture: 'amd64' }, 'x-own': [1] };
    const registry = withTag(index([other]));
    registry.store(utf8('other'), imageManifest);
    await put(registry);
    await put(registry);
    expect(listed(registry)).toHaveLength(2);
    expect(listed(registry)[0]).toEqual(other);
  });

  it('C5: takes the media type of the config where there is no artifact type, and none for an index', async () => {
    const registry = new SimpleRegistry();
    await put(registry, manifest({ subject, artifactType: '' }));
    expect(listed(registry)[0]).toMatchObject({ artifactType: mediaTypes.empty });
    await registry.open().manifest.put(index([], { subject, annotations }), { mediaType: imageIndex });
    expect(listed(registry)[1]).not.toHaveProperty('artifactType');
    expect(listed(registry)[1]).toMatchObject({ annotations });
  });

  it('C6: cuts the digest of a subject, and replaces what no tag can have', async () => {
    const hex = 'a'.repeat(128);
    expect(referrersTag(`sha512:${hex}`)).toBe(`sha512-${'a'.repeat(64)}`);
    expect(referrersTag(`sha256:${hex.slice(64)}`)).toBe(`sha256-${'a'.repeat(64)}`);
    const algorithm =
      'test+algorithm+using+algorithm+separators+and+lots+of+characters+to+excercise+overall+truncation';
    const encoded =
      'alsoSome=InTheEncodedSectionToShowHyphenReplacementAndLotsAndLotsOfCharactersToExcerciseEncodedTruncation';
    expect(referrersTag(`${algorithm}:${encoded}`)).toBe(
      'test-algorithm-using-algorithm-s-alsoSome-InTheEncodedSectionToShowHyphenReplacementAndLotsAndLot',
    );
    const long = { ...subject, digest: digestOf(image, 'sha512') };
    const registry = new SimpleRegistry();
    await put(registry, manifest({ subject: long }));
    expect(listed(registry, referrersTag(long.digest))).toHaveLength(1);
    expect((await registry.open().referrers(long.digest)).referrers).toHaveLength(1);
  });

  it('C7: takes a deleted manifest out of the list', async () => {
    const registry = new SimpleRegistry();
    await put(registry);
    await put(registry, manifest({ subject }));
    expect(await registry.open().delete(signed)).toBe(true);
    expect(listed(registry).map(({ digest }) => digest)).toEqual([digestOf(manifest({ subject }))]);
  });

  it('says that a manifest is deleted, also where the list of its subject cannot be changed', async () => {
    const registry = new SimpleRegistry();
    await put(registry);
    registry.override = withApi(() => problem(500, 'UNKNOWN'));
    const kinds: string[] = [];
    const onEvent = ({ kind, message = '' }: PackEvent): number => kinds.push(kind === 'warning' ? message : kind);
    expect(await registry.open().delete(signed, { onEvent })).toBe(true);
    expect(kinds).toContainEqual(expect.stringMatching(/^manifest sha256:.* is deleted, and may still be in the list/));
    expect(listed(registry)).toHaveLength(1);
  });

  it('asks for the type of a manifest where a list does not say it', async () => {
    const registry = new SimpleRegistry();
    await put(registry);
    const untyped = { mediaType: imageManifest, digest: signed, size: signature.length };
    registry.override = withApi(() => indexAnswer([untyped, entryOf('gone')]));
    const { referrers } = await registry.open().referrers(subject.digest, { artifactType: signatureType });
    expect(referrers.map(({ digest }) => digest)).toEqual([signed]);
  });

  it('reads the list under the tag where the API is always busy', async () => {
    const one = entryOf('one');
    const registry = withTag(index([one]));
    registry.override = withApi(() => new Response(null, { status: 429 }));
    const { referrers, from } = await registry.open().referrers(subject.digest);
    expect([referrers.map(({ digest }) => digest), from]).toEqual([[one.digest], 'tag']);
  });

  it('C7: leaves the list where the registry has the API, or keeps the manifest', async () => {
    const registry = new SimpleRegistry();
    await put(registry);
    registry.override = ({ method }) => (method === 'DELETE' ? problem(405, 'UNSUPPORTED') : undefined);
    await expect(registry.open().delete(signed)).rejects.toMatchObject({ code: 'ERR_REGISTRY_REJECTED' });
    expect(listed(registry)).toHaveLength(1);
    registry.override = withApi(() => indexAnswer([]));
    await registry.open().delete(signed);
    expect(listed(registry)).toHaveLength(1);
    registry.override = undefined;
    await put(registry);
    registry.override = withApi(() => indexAnswer([]));
    await registry.open({ profile: { mergeReferrers: true } }).delete(signed);
    expect(listed(registry)).toHaveLength(0);
  });

  it('writes only over what it has read, where the registry knows conditions', async () => {
    const registry = withTag(index([entryOf('first')]));
    registry.conditional = true;
    registry.store(utf8('first'), imageManifest, entryOf('first').digest);
    let raced = false;
    registry.override = ({ method }, { path }) => {
      if (method === 'PUT' && path.endsWith(tag) && !raced) {
        raced = true;
        const added = [entryOf('first'), entryOf('second')];
        registry.store(utf8('second'), imageManifest, entryOf('second').digest);
        registry.tags.set(tag, registry.store(index(added), imageIndex));
      }
      return undefined;
    };
    await put(registry);
    expect(listed(registry).map(({ digest }) => digest)).toEqual([
      entryOf('first').digest,
      entryOf('second').digest,
      signed,
    ]);
    const conditions = registry.seen
      .filter(({ method, path }) => method === 'PUT' && path.endsWith(tag))
      .map(({ headers }) => headers.get('if-match'));
    expect(new Set(conditions).size).toBe(2);
  });

  it('writes the list again where that failed in passing, from what it then is', async () => {
    const registry = new SimpleRegistry();
    let failures = 0;
    registry.override = ({ method }, { path }) => {
      if (method !== 'PUT' || !path.endsWith(tag) || ++failures > 3) return undefined;
      return new Response(null, { status: 503, ...(failures === 1 ? { headers: { 'retry-after': '1' } } : {}) });
    };
    await put(registry);
    expect(listed(registry)).toHaveLength(1);
    registry.override = undefined;
    await registry.open().delete(signed);
    registry.override = ({ method }, { path }) =>
      method === 'PUT' && path.endsWith(tag) ? problem(503, 'UNKNOWN') : undefined;
    await expect(put(registry)).rejects.toMatchObject({ code: 'ERR_REGISTRY_UNAVAILABLE' });
    registry.override = ({ method }, { path }) =>
      method === 'PUT' && path.endsWith(tag) ? problem(403, 'DENIED') : undefined;
    await expect(put(registry)).rejects.toMatchObject({ code: 'ERR_REGISTRY_DENIED' });
  });

  it('puts the many referrers of one client into the list in two turns', async () => {
    const registry = new SimpleRegistry();
    const repository = registry.open();
    const many = Array.from({ length: 20 }, (_, number) => manifest({ subject, annotations: { n: String(number) } }));
    await Promise.all(many.map((bytes) => repository.manifest.put(bytes, { mediaType: imageManifest })));
    expect(listed(registry)).toHaveLength(20);
    const writes = registry.log.filter((line) => line === `PUT manifests/${tag}`);
    expect(writes.length).toBeLessThanOrEqual(4);
  });

  it('ends with the reason of the signal, and lets others go on', async () => {
    const registry = new SimpleRegistry();
    const controller = new AbortController();
    const reason = new Error('enough');
    registry.override = ({ method }, { path }) => {
      if (method === 'PUT' && path.endsWith(tag)) controller.abort(reason);
      return undefined;
    };
    const repository = registry.open();
    const mine = repository.manifest.put(signature, { mediaType: imageManifest, signal: controller.signal });
    const other = repository.manifest.put(manifest({ subject }), { mediaType: imageManifest });
    await expect(mine).rejects.toBe(reason);
    await other;
    expect(listed(registry).map(({ digest }) => digest)).toContain(digestOf(manifest({ subject })));
  });

  it.each([2, 10])(
    'loses no entry of %i clients at the same time, on a registry without API and conditions',
    // They wait for each other in real time.
    { timeout: 30_000 },
    async (count) => {
      const registry = new SimpleRegistry();
      registry.override = () =>
        new Promise((resolve) => {
          setTimeout(() => {
            resolve(undefined);
          }, Math.random() * 40);
        });
      const many = Array.from({ length: count }, (_, number) =>
        manifest({ subject, annotations: { n: String(number) } }),
      );
      const puts = many.map((bytes) => put(registry, bytes, { clock: {} }));
      await Promise.all(puts);
      expect(new Set(listed(registry).map(({ digest }) => digest))).toEqual(
        new Set(many.map((bytes) => digestOf(bytes))),
      );
    },
  );
});
