import { expect } from 'vitest';
import type { Digest } from '../../src/digest/index.ts';
import { mediaTypes, type Descriptor } from '../../src/oci/index.ts';
import type { Repository } from '../../src/ports/registry.ts';
import type { QuirkRegistry } from '../../src/testing/quirk-registry.ts';

/** Where a referrer is looked for. */
export interface ListedIn {
  readonly quirk: QuirkRegistry;
  readonly truth: Repository;
  /** What it refers to. */
  readonly image: Descriptor;
}

/**
 * True where a client that knows nothing of us finds a referrer: under the tag, or by the API as it answers. Where nobody
 * can read that answer, by what the registry knows.
 */
export async function isListed({ quirk, truth, image }: ListedIn, digest: Digest): Promise<boolean> {
  const tagged = await truth.manifest.get(image.digest.replace(':', '-'));
  if (tagged !== undefined && new TextDecoder().decode(tagged.bytes).includes(digest)) return true;
  quirk.recover();
  const response = await quirk.handle(
    new Request(`https://registry.example/v2/team/app/referrers/${image.digest}`, {
      headers: { authorization: 'signed' },
      redirect: 'manual',
    }),
  );
  if (response.status !== 200 || response.headers.get('content-type') !== mediaTypes.imageIndex) return false;
  const list = await startOf(response);
  if (list.endsWith(']}')) return list.includes(digest);
  return (await truth.referrers(image.digest)).referrers.some((referrer) => referrer.digest === digest);
}

/** The text of an answer, or the first of it where it goes on and on. */
async function startOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > 100_000) break;
  }
  return text;
}

/** Fails unless everything that a manifest leads to is there. */
export async function holdsAll(repository: Repository, digest: Digest): Promise<void> {
  const found = await repository.manifest.get(digest);
  expect(found, `manifest ${digest}`).toBeDefined();
  const document = JSON.parse(new TextDecoder().decode(found?.bytes)) as Record<string, Descriptor[] | Descriptor>;
  for (const descriptor of [document['config'], document['layers']].flat()) {
    if (descriptor !== undefined) expect(await repository.blob.stat(descriptor.digest)).toBeDefined();
  }
  for (const child of [document['manifests']].flat()) if (child !== undefined) await holdsAll(repository, child.digest);
}
