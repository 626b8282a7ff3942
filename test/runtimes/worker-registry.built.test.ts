import { rm } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf } from '../../src/digest/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { root } from '../meta/source-tree.ts';
import { projectWithPackage } from './installed-package.ts';
import { runtimesIn } from './tools.ts';
import { withWorkerRegistry, type AskWorker } from './worker-registry.ts';

const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);
const project = await projectWithPackage();
afterAll(() => rm(project, { recursive: true, force: true }));

async function pushed(ask: AskWorker, text: string): Promise<{ mediaType: string; digest: string; size: number }> {
  const digest = digestOf(utf8(text));
  const started = await ask('/v2/app/blobs/uploads/', { method: 'POST' });
  const location = started.headers.get('location') ?? '';
  await ask(location, { method: 'PATCH', body: text });
  const ended = await ask(`${location}?digest=${digest}`, { method: 'PUT' });
  expect([started.status, ended.status]).toEqual([202, 201]);
  return { mediaType: mediaTypes.empty, digest, size: utf8(text).length };
}

describe('the registry in a Worker', { timeout: 120_000 }, () => {
  it('takes a push, gives ranges, lists and deletes', async () => {
    await withWorkerRegistry(project, runtimes, async (ask) => {
      const config = await pushed(ask, '{}');
      const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageManifest, config, layers: [config] });
      const headers = { 'content-type': mediaTypes.imageManifest };
      expect((await ask('/v2/app/manifests/v1', { method: 'PUT', headers, body })).status).toBe(201);
      const blob = await ask(`/v2/app/blobs/${config.digest}`);
      expect([await blob.text(), blob.headers.get('content-length')]).toEqual(['{}', '2']);
      const head = await ask(`/v2/app/blobs/${config.digest}`, { method: 'HEAD' });
      expect(head.headers.get('content-length')).toBe('2');
      const part = await ask(`/v2/app/blobs/${config.digest}`, { headers: { range: 'bytes=1-' } });
      expect([part.status, await part.text()]).toEqual([206, '}']);
      expect(await (await ask('/v2/app/tags/list')).text()).toBe('{"name":"app","tags":["v1"]}');
      expect((await ask('/v2/app/manifests/v1', { method: 'DELETE' })).status).toBe(202);
    });
  });

  it('answers nobody who asks for another host', async () => {
    await withWorkerRegistry(project, runtimes, async (ask) => {
      expect((await ask('http://attacker.example/v2/')).status).toBe(421);
    });
  });
});
