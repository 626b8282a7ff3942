import { describe, expect, it } from 'vitest';
import { httpRegistry } from '../../../src/adapters/registry/http.ts';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { createPackService, type PackService } from '../../../src/index.ts';
import type { Registry, Repository } from '../../../src/ports/registry.ts';
import { quirkRegistry } from '../../../src/testing/quirk-registry.ts';
import { legacyTag, putImage, putIndex } from '../verify/packs.ts';
import { anotherKey, keyed, policyFor } from './test-signers.ts';

const key = keyed();
const policy = policyFor(key.pem);
const legacy = { format: 'legacy' } as const;
const [from, to] = ['from.example/app:v1', 'to.example/app:v1'];

function world(target: Registry = memoryRegistry({ id: 'to' })): {
  readonly service: PackService;
  readonly source: Registry;
  readonly target: Registry;
} {
  const source = memoryRegistry({ id: 'from' });
  return {
    service: createPackService({ registries: (host) => (host === 'from.example' ? source : target) }),
    source,
    target,
  };
}

describe('copy', () => {
  it('takes signatures of both formats along', async () => {
    const { service, source, target } = world();
    const image = await putImage(source.repository('app'));
    await service.sign(from, key, legacy);
    const { referrer } = await service.sign(from, await anotherKey());
    const result = await service.copy(from, to);
    const tag = legacyTag(image.digest, 'sig');
    const old = await source.repository('app').resolve(tag);
    expect(await target.repository('app').resolve(tag)).toMatchObject({ digest: old?.digest });
    expect(result.referrers.map(({ digest }) => digest)).toEqual(
      expect.arrayContaining([referrer.digest, old?.digest]),
    );
    await expect(service.verify(to, policy)).resolves.toBeDefined();
  });

  it('takes those of the platforms of an index along', async () => {
    const { service, source } = world();
    const repository = source.repository('app');
    const platform = { os: 'linux', architecture: 'amd64' };
    await putIndex(repository, [{ ...(await putImage(repository, 'amd', 'amd')), platform }]);
    await service.sign(from, key, { ...legacy, platform });
    await service.copy(from, to);
    await expect(service.verify(to, policy, { platform })).resolves.toBeDefined();
  });

  it('keeps what the target has of them, and copies again without a change', async () => {
    const { service, source, target } = world();
    await putImage(source.repository('app'));
    await service.copy(from, to);
    const other = await anotherKey();
    await service.sign(to, other, legacy);
    await service.sign(from, key, legacy);
    for (let time = 0; time < 2; time++) {
      await service.copy(from, to);
      await expect(service.verify(to, policy)).resolves.toBeDefined();
      await expect(service.verify(to, policyFor(other.pem))).resolves.toMatchObject({
        report: { bundles: { length: 2 } },
      });
    }
    expect(target).toBeDefined();
  });

  it('leaves them where referrers are left, and writes none in a dry run', async () => {
    const { service, source, target } = world();
    const image = await putImage(source.repository('app'));
    await service.sign(from, key, legacy);
    const tag = legacyTag(image.digest, 'sig');
    await service.copy(from, to, { dryRun: true });
    await service.copy(from, to, { referrers: false });
    expect(await target.repository('app').resolve(tag)).toBeUndefined();
  });

  it('takes them with every tag', async () => {
    const { service, source, target } = world();
    const image = await putImage(source.repository('app'));
    await service.sign(from, key, legacy);
    await service.copy('from.example/app', 'to.example/app', { allTags: true });
    expect(await target.repository('app').resolve(legacyTag(image.digest, 'sig'))).toBeDefined();
  });

  it('takes them over HTTP', async () => {
    const broken = quirkRegistry({ quirks: ['referrers-404'] });
    const { service, source } = world(httpRegistry({ host: 'to.example', fetch: broken.fetch }));
    await putImage(source.repository('app'));
    await service.sign(from, key, legacy);
    await service.attest(from, { predicateType: 'custom', predicate: {} }, key, legacy);
    await service.sign(from, key);
    await service.copy(from, to);
    await expect(service.verify(to, policy)).resolves.toBeDefined();
    const attested = { ...policy, predicates: [{ type: 'https://cosign.sigstore.dev/attestation/v1' }] };
    await expect(service.verify(to, attested)).resolves.toBeDefined();
  });

  it('joins its own with those of somebody who is first', async () => {
    const { service, source, target } = world();
    const image = await putImage(source.repository('app'));
    await service.copy(from, to);
    await service.sign(from, key, legacy);
    const repository = target.repository('app');
    const other = await anotherKey();
    const late: Repository = {
      ...repository,
      resolve: (...args) => repository.resolve(...args),
      async tag(name, descriptor, options) {
        if (options?.ifMatch === null) await service.sign(to, other, legacy);
        return repository.tag(name, descriptor, options);
      },
    };
    await service.copy(from, { repository: late, reference: 'v1' });
    for (const { pem } of [key, other]) await expect(service.verify(to, policyFor(pem))).resolves.toBeDefined();
    expect(image.digest).toBeDefined();
  });

  it('leaves what the target has where an index lies under the tag of the source', async () => {
    const { service, source, target } = world();
    const image = await putImage(source.repository('app'));
    const tag = legacyTag(image.digest, 'sig');
    await putIndex(source.repository('app'), [image], tag);
    await service.copy(from, to, { referrers: false });
    await service.sign(to, key, legacy);
    const before = await target.repository('app').resolve(tag);
    await service.copy(from, to);
    expect(await target.repository('app').resolve(tag)).toMatchObject({ digest: before?.digest });
  });

  it('tells of a target that does not take the tag', async () => {
    const { service, source, target } = world();
    await putImage(source.repository('app'));
    await service.sign(from, key, legacy);
    const repository = target.repository('app');
    const refusing: Repository = {
      ...repository,
      resolve: (...args) => repository.resolve(...args),
      tag: (name, ...rest) =>
        name.endsWith('.sig') ? Promise.reject(new Error('full')) : repository.tag(name, ...rest),
    };
    await expect(service.copy(from, { repository: refusing, reference: 'v1' })).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      details: { side: 'destination' },
    });
  });
});
