import type { Descriptor } from '../oci/descriptor.ts';
import { equal, holds, rejectsWith } from './assert.ts';
import type { RegistryCase } from './registry-contract.ts';
import { listed, putManifest, textDescriptor } from './registry-fixtures.ts';

/** Tags and names: in order, and moved only by who knows where they point. */
export function registryTagCases(define: RegistryCase): void {
  listCases(define);
  moveCases(define);
  conditionCases(define);
}

function listCases(define: RegistryCase): void {
  define('lists tags in bytewise order, from a tag on, up to a limit', async ({ repository }) => {
    equal(await listed(repository.tags()), []);
    const one = await putManifest(repository, 'one');
    for (const tag of ['b', 'A', '10', 'a', '9', '_x', 'a.b', 'a-b']) await repository.tag(tag, one);
    const sorted = ['10', '9', 'A', '_x', 'a', 'a-b', 'a.b', 'b'];
    equal(await listed(repository.tags()), sorted);
    equal(await listed(repository.tags({ after: 'A' })), sorted.slice(3));
    equal(await listed(repository.tags({ after: 'Z', limit: 2 })), ['_x', 'a']);
    equal(await listed(repository.tags({ after: 'b' })), []);
  });
  define('lists repositories in bytewise order, from a name on, up to a limit', async ({ registry }) => {
    const names = ['a', 'a-b', 'a.b', 'a/b', 'a/b/c', 'a/tags', 'a0', 'b'];
    equal(await listed(registry.repositories()), []);
    for (const name of [...names].reverse()) await putManifest(registry.repository(name), name, { tag: 'v1' });
    equal(await listed(registry.repositories()), names);
    equal(await listed(registry.repositories({ after: 'a-b', limit: 2 })), ['a.b', 'a/b']);
    equal(await listed(registry.repositories({ after: 'aa' })), ['b']);
  });
  define('keeps the tags of each repository apart', async ({ registry }) => {
    for (const name of ['a', 'a/tags', 'a/manifests']) {
      await putManifest(registry.repository(name), name, { tag: name.replace('/', '_') });
    }
    equal(await listed(registry.repository('a').tags()), ['a']);
    equal(await listed(registry.repository('a/tags').tags()), ['a_tags']);
  });
}

function moveCases(define: RegistryCase): void {
  define('moves a tag, and keeps what it pointed at', async ({ repository }) => {
    const one = await putManifest(repository, 'one', { tag: 'v1' });
    const two = await putManifest(repository, 'two', { tag: 'v1' });
    equal(await repository.resolve('v1'), two);
    await repository.tag('v1', one);
    equal(await repository.resolve('v1'), one);
    equal(await repository.resolve(two.digest), two);
    equal(await listed(repository.tags()), ['v1']);
  });
  define('gives one manifest several tags', async ({ repository }) => {
    const one = await putManifest(repository, 'one', { tag: 'v1' });
    await repository.tag('v2', one);
    for (const tag of ['v1', 'v2']) equal(await repository.resolve(tag), one);
  });
  define('tags nothing that is not there', async ({ repository }) => {
    const missing = textDescriptor('missing');
    await rejectsWith(['ERR_BLOB_NOT_FOUND', 'ERR_REGISTRY_NOT_FOUND'], repository.tag('v1', missing));
    equal(await repository.resolve('v1'), undefined);
  });
}

function conditionCases(define: RegistryCase): void {
  define('moves a tag with ifMatch only where it points there', async ({ repository }) => {
    if (!repository.capabilities.atomicTag) return;
    const one = await putManifest(repository, 'one');
    const two = await putManifest(repository, 'two');
    await rejectsWith('ERR_CONFLICT', repository.tag('v1', one, { ifMatch: two.digest }));
    equal(await repository.resolve('v1'), undefined);
    await repository.tag('v1', one, { ifMatch: null });
    await rejectsWith('ERR_CONFLICT', repository.tag('v1', two, { ifMatch: null }));
    await rejectsWith('ERR_CONFLICT', repository.tag('v1', two, { ifMatch: two.digest }));
    equal(await repository.resolve('v1'), one);
    await repository.tag('v1', two, { ifMatch: one.digest });
    equal(await repository.resolve('v1'), two);
  });
  define('lets one of several writers with the same ifMatch win', async ({ repository, reopen }) => {
    if (!repository.capabilities.atomicTag) return;
    const other = (await reopen?.())?.repository('team/app') ?? repository;
    const manifests: Descriptor[] = [];
    for (let index = 0; index < 6; index++) manifests.push(await putManifest(repository, `m${index}`));
    const tries = manifests.map((manifest, index) =>
      (index % 2 === 0 ? repository : other).tag('v1', manifest, { ifMatch: null }),
    );
    const results = await Promise.allSettled(tries);
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    equal(results.filter(({ status }) => status === 'fulfilled').length, 1, 'winners');
    holds(winner >= 0, 'somebody won');
    equal(await repository.resolve('v1'), manifests[winner]);
  });
}
