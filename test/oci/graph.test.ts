import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/digest/index.ts';
import {
  isNonDistributable,
  mediaTypes,
  parseManifest,
  successorsOf,
  walkGraph,
  type Descriptor,
  type GraphNode,
  type WalkOptions,
} from '../../src/oci/index.ts';
import { bytesOf, descriptorOf, someIndex, someManifest } from './documents.ts';

/** Documents by digest, for a walk to load. */
class Documents {
  readonly #bytes = new Map<string, Uint8Array>();
  readonly loaded: string[] = [];

  add(document: Record<string, unknown>): Descriptor {
    const bytes = bytesOf(document);
    const descriptor = { mediaType: document['mediaType'] as string, digest: digestOf(bytes), size: bytes.length };
    this.#bytes.set(descriptor.digest, bytes);
    return descriptor;
  }

  manifest(...layers: string[]): Descriptor {
    return this.add(someManifest({ layers: layers.map((layer) => descriptorOf(layer)) }));
  }

  index(...manifests: Descriptor[]): Descriptor {
    return this.add(someIndex({ manifests }));
  }

  async walk(root: Descriptor, options: WalkOptions = {}): Promise<GraphNode[]> {
    const nodes: GraphNode[] = [];
    const load = ({ digest }: Descriptor): Uint8Array | undefined => {
      this.loaded.push(digest);
      return this.#bytes.get(digest);
    };
    for await (const node of walkGraph(root, load, options)) nodes.push(node);
    return nodes;
  }
}

const digests = (nodes: readonly (GraphNode | Descriptor)[]): string[] =>
  nodes.map((node) => ('digest' in node ? node.digest : node.descriptor.digest));

describe('successorsOf', () => {
  it('gives config and layers of a manifest, without its subject', () => {
    const parsed = parseManifest(bytesOf(someManifest({ subject: descriptorOf('subject') })));
    const config = descriptorOf('config', mediaTypes.imageConfig);
    expect(successorsOf(parsed)).toEqual([config, descriptorOf('one'), descriptorOf('two')]);
  });

  it('gives the manifests of an index', () => {
    const parsed = parseManifest(bytesOf(someIndex()));
    expect(successorsOf(parsed)).toEqual([descriptorOf('manifest', mediaTypes.imageManifest)]);
  });
});

describe('walkGraph', () => {
  it('gives what a document is made of before the document', async () => {
    const documents = new Documents();
    const one = documents.manifest('a', 'b');
    const two = documents.manifest('b', 'c');
    const root = documents.index(one, two);
    const config = descriptorOf('config');
    const expected = [config, descriptorOf('a'), descriptorOf('b'), one, descriptorOf('c'), two, root];
    const nodes = await documents.walk(root);
    expect(digests(nodes)).toEqual(digests(expected));
    expect(nodes.map((node) => node.depth)).toEqual([2, 2, 2, 1, 2, 1, 0]);
  });

  it('hands out the bytes of each manifest as they came', async () => {
    const documents = new Documents();
    const root = documents.manifest('a');
    const last = (await documents.walk(root)).at(-1);
    expect(last).toMatchObject({ kind: 'manifest', descriptor: root, parsed: { kind: 'manifest' } });
    expect(last?.kind === 'manifest' && digestOf(last.bytes)).toBe(root.digest);
  });

  it('loads each manifest once, and no blob', async () => {
    const documents = new Documents();
    const one = documents.manifest('a');
    const root = documents.index(one, one, documents.index(one));
    await documents.walk(root);
    expect(documents.loaded.length).toBe(3);
  });

  it('marks layers that must not be handed on', async () => {
    const foreign = {
      ...descriptorOf('a', mediaTypes.dockerForeignLayerTarGzip),
      urls: ['https://registry.example/a'],
    };
    const documents = new Documents();
    const nodes = await documents.walk(documents.add(someManifest({ layers: [foreign, descriptorOf('b')] })));
    expect(nodes.map((node) => node.kind === 'blob' && node.nonDistributable)).toEqual([false, true, false, false]);
    expect(isNonDistributable(foreign)).toBe(true);
  });

  it('does not follow a subject', async () => {
    const documents = new Documents();
    const subject = documents.manifest('a');
    const nodes = await documents.walk(documents.add(someManifest({ subject })));
    expect(digests(nodes)).not.toContain(subject.digest);
  });

  it('gives a root that is a blob', async () => {
    const nodes = await new Documents().walk(descriptorOf('a'));
    expect(nodes).toEqual([{ kind: 'blob', descriptor: descriptorOf('a'), nonDistributable: false, depth: 0 }]);
  });

  it('fails where a manifest is not there', async () => {
    const documents = new Documents();
    const root = documents.index(descriptorOf('gone', mediaTypes.imageManifest));
    await expect(documents.walk(root)).rejects.toMatchObject({
      name: 'StoreError',
      code: 'ERR_BLOB_NOT_FOUND',
      digest: descriptorOf('gone').digest,
    });
  });

  it('fails where the bytes of a manifest are others', async () => {
    const bytes = bytesOf(someManifest());
    const root = { mediaType: mediaTypes.imageManifest, digest: digestOf(bytes), size: bytes.length };
    const load = (): Uint8Array => bytes.map((byte, index) => (index === 20 ? byte ^ 1 : byte));
    await expect(walkGraph(root, load).next()).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });

  it('fails where the bytes of a manifest are more', async () => {
    const documents = new Documents();
    const root = documents.manifest('a');
    await expect(documents.walk({ ...root, size: root.size - 1 })).rejects.toMatchObject({ code: 'ERR_SIZE_MISMATCH' });
  });

  it('fails where a manifest is not what its descriptor says', async () => {
    const documents = new Documents();
    const root = documents.manifest('a');
    await expect(documents.walk({ ...root, mediaType: mediaTypes.imageIndex })).rejects.toMatchObject({
      name: 'FormatError',
    });
  });

  it('fails where one digest has two sizes', async () => {
    const documents = new Documents();
    const layers = [descriptorOf('a'), { ...descriptorOf('a'), size: 2 }];
    await expect(documents.walk(documents.add(someManifest({ layers })))).rejects.toMatchObject({
      code: 'ERR_MANIFEST_INVALID',
    });
  });

  it('rejects with the reason of its signal, before it loads anything more', async () => {
    const documents = new Documents();
    const reason = new Error('enough');
    const walk = documents.walk(documents.manifest('a'), { signal: AbortSignal.abort(reason) });
    await expect(walk).rejects.toBe(reason);
    expect(documents.loaded).toEqual([]);
  });
});

describe('the limits of walkGraph', () => {
  const exceeded = { name: 'FormatError', code: 'ERR_LIMIT_EXCEEDED' };

  const nested = (documents: Documents, indexes: number): Descriptor => {
    let root = documents.manifest('a');
    for (let count = 0; count < indexes; count++) root = documents.index(root);
    return root;
  };

  it('let 8 indexes lie inside one another, and no more', async () => {
    const documents = new Documents();
    expect((await documents.walk(nested(documents, 8))).length).toBe(8 + 3);
    await expect(documents.walk(nested(documents, 9))).rejects.toMatchObject(exceeded);
  });

  it('count manifests and indexes', async () => {
    const documents = new Documents();
    const root = documents.index(documents.manifest('a'), documents.manifest('b'));
    expect((await documents.walk(root, { limits: { manifests: 3 } })).length).toBe(6);
    await expect(documents.walk(root, { limits: { manifests: 2 } })).rejects.toMatchObject(exceeded);
  });

  it('count other blobs', async () => {
    const documents = new Documents();
    const root = documents.manifest('a', 'b');
    expect((await documents.walk(root, { limits: { blobs: 3 } })).length).toBe(4);
    await expect(documents.walk(root, { limits: { blobs: 2 } })).rejects.toMatchObject(exceeded);
  });

  it('refuse a manifest by the size that its descriptor gives, before it is loaded', async () => {
    const documents = new Documents();
    const root = documents.manifest('a');
    expect((await documents.walk(root, { limits: { manifestBytes: root.size } })).length).toBe(3);
    documents.loaded.length = 0;
    await expect(documents.walk({ ...root, size: 2 ** 52 })).rejects.toMatchObject(exceeded);
    await expect(documents.walk(root, { limits: { manifestBytes: root.size - 1 } })).rejects.toMatchObject(exceeded);
    expect(documents.loaded).toEqual([]);
  });

  it('stop a graph that names each of its manifests many times from costing more than its manifests', async () => {
    const documents = new Documents();
    let root = documents.manifest('a');
    for (let level = 0; level < 7; level++) root = documents.index(...Array.from({ length: 50 }, () => root));
    await documents.walk(root);
    expect(documents.loaded.length).toBe(8);
  });
});

describe('walkGraph with loads ahead', () => {
  const some = (): { documents: Documents; root: Descriptor; children: Descriptor[] } => {
    const documents = new Documents();
    const children = Array.from({ length: 12 }, (_, index) => documents.manifest(`layer ${String(index)}`));
    const root = documents.index(
      ...children.slice(0, 6),
      documents.index(...children.slice(4)),
      ...children.slice(0, 2),
    );
    return { documents, root, children };
  };

  it('gives the same nodes in the same order, and loads each once', async () => {
    const { documents, root } = some();
    const plain = await documents.walk(root);
    const loads = documents.loaded.splice(0);
    expect(digests(await documents.walk(root, { concurrency: 4 }))).toEqual(digests(plain));
    expect([...documents.loaded].sort()).toEqual(loads.sort());
  });

  it('passes over what is known, with all that is in it', async () => {
    const { documents, root, children } = some();
    for (const concurrency of [1, 4]) {
      const asked: string[] = [];
      const known = ({ digest }: Descriptor): boolean => asked.push(digest) > 0 && digest === children[0]?.digest;
      const nodes = digests(await documents.walk(root, { concurrency, known }));
      expect(nodes).not.toContain(children[0]?.digest);
      expect(nodes).toContain(children[1]?.digest);
      expect(new Set(asked).size).toBe(asked.length);
    }
  });

  it('stops what was begun when the walk ends early, and fails where its turn comes', async () => {
    const { root, children } = some();
    const { documents } = some();
    const bytes = new Map(
      (await documents.walk(root)).flatMap((node) =>
        node.kind === 'manifest' ? [[node.descriptor.digest as string, node.bytes] as const] : [],
      ),
    );
    let stopped = 0;
    const load: Parameters<typeof walkGraph>[1] = ({ digest }, { signal }) => {
      if (digest === root.digest || digest === children[0]?.digest) return bytes.get(digest);
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          stopped++;
          reject(signal.reason as Error);
        });
      });
    };
    for await (const node of walkGraph(root, load, { concurrency: 4 })) if (node.kind === 'manifest') break;
    expect(stopped).toBe(3);
  });
});
