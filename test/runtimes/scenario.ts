import { bytesSource, canonicalJson, createPackService, parseJson, type Source } from 'packwright';
import { buildLayer, gzipStream, readArchive, tarStream, type TarEntry } from 'packwright/archive';
import { createHash, digestOf, integrityOf, parseIntegrity, verifyStream } from 'packwright/digest';
import { buildManifest, emptyDescriptor, mediaTypes, parseManifest, parseReference } from 'packwright/oci';
import { memoryRegistry } from 'packwright/registry/memory';
import { memorySink } from 'packwright/sink/memory';
import { codeOf, collect, someBytes, someText } from './some-bytes.ts';

/** What one runtime gives for one input: the same on all of them, to the last digit. */
export type Outcome = Readonly<Record<string, unknown>>;

async function digests(): Promise<Outcome> {
  const bytes = someBytes(300_000);
  const halves = createHash('sha256').update(bytes.subarray(0, 77_777)).update(bytes.subarray(77_777));
  const expected = { digest: digestOf(bytes), size: bytes.length };
  const checked = (content: BlobPart, declared: { digest: typeof expected.digest; size: number }) => (): unknown =>
    collect(new Blob([content]).stream().pipeThrough(verifyStream(declared)));
  const flipped = bytes.slice();
  flipped[150_000] = (flipped[150_000] ?? 0) ^ 1;
  return {
    sha256: expected.digest,
    sha384: digestOf(bytes, 'sha384'),
    sha512: digestOf(bytes, 'sha512'),
    'sha256 in two parts': halves.digest(),
    integrity: integrityOf(digestOf(bytes, 'sha512')),
    'integrity read': parseIntegrity(`${integrityOf(expected.digest)} md5-AAAA`),
    'right bytes': await codeOf(checked(bytes, expected)),
    'one byte too many': await codeOf(checked(bytes, { ...expected, size: bytes.length - 1 })),
    'one byte missing': await codeOf(checked(bytes.subarray(1), expected)),
    'one bit flipped': await codeOf(checked(flipped, expected)),
  };
}

async function json(): Promise<Outcome> {
  const refused = ['{"a":1,"a":2}', '{"__proto__":1}', '[1] ', '\u{feff}[1]', '["\\ud800"]', '[1]x', '01', '[1,]'];
  const codes = await Promise.all(refused.map((text) => codeOf(() => parseJson(text))));
  const value = parseJson('{"\u20ac":1,"\\r":1e21,"1":0.1,"\ud83d\ude00":-0,"\ufb33":[5e-324,333333333.33333329]}');
  return {
    'JSON refused': Object.fromEntries(refused.map((text, i) => [text, codes[i]])),
    'canonical JSON': new TextDecoder().decode(canonicalJson(value)),
  };
}

function documents(): Outcome {
  const { bytes, descriptor } = buildManifest({
    artifactType: 'application/vnd.example.thing',
    config: emptyDescriptor,
    layers: [{ mediaType: 'application/octet-stream', digest: digestOf(someBytes(10)), size: 10 }],
    annotations: { zebra: 'last', 'org.opencontainers.image.title': 'Ünïcode \u2028 name', alpha: 'first' },
  });
  const parsed = parseManifest(bytes);
  return {
    manifest: descriptor.digest,
    'manifest type': descriptor.mediaType === mediaTypes.imageManifest,
    'layers read back': parsed.kind === 'manifest' ? parsed.document.layers.length : undefined,
    reference: parseReference('registry.example:5000/some/thing:v1'),
  };
}

const longName = `${'deep/'.repeat(30)}file-with-a-name-that-fits-no-ustar-header.txt`;
const entries: readonly TarEntry[] = [
  { path: 'bin', type: 'directory' },
  { path: 'bin/run', type: 'file', executable: true, source: bytesSource(someText(3)) },
  { path: longName, type: 'file', source: bytesSource(someText(20_000)) },
  { path: 'link', type: 'symlink', target: 'bin/run' },
  { path: 'noise', type: 'file', source: bytesSource(someBytes(200_000)) },
  { path: 'same', type: 'hardlink', target: 'noise' },
  { path: 'İstanbul-ı', type: 'file', source: bytesSource(new Uint8Array()) },
];

async function archives(): Promise<Outcome> {
  const tar = await collect(tarStream(entries));
  const gzip = await collect(new Blob([tar]).stream().pipeThrough(gzipStream()));
  const layer = buildLayer(entries, { compression: 'gzip' });
  const layerBytes = await collect(layer.stream);
  const names: string[] = [];
  for await (const member of readArchive(new Blob([gzip]).stream())) names.push(`${member.type} ${member.path}`);
  const cut = async (): Promise<void> => {
    for await (const member of readArchive(new Blob([gzip.subarray(0, -9)]).stream())) names.length += member.size * 0;
  };
  return {
    tar: digestOf(tar),
    'tar and gzip': digestOf(gzip),
    layer: await layer.result,
    'layer is tar and gzip': digestOf(layerBytes) === digestOf(gzip),
    'read back': names,
    'a cut gzip': await codeOf(cut),
  };
}

async function packs(): Promise<Outcome> {
  const registries = { 'one.example': memoryRegistry(), 'two.example': memoryRegistry() };
  const service = createPackService({
    registries: (host) => registries[host as keyof typeof registries],
  });
  const input = {
    files: [
      { path: 'tool', source: bytesSource(someText(100)), executable: true },
      { path: 'docs/readme.md', source: bytesSource(someText(2)) },
    ],
    folders: [{ path: 'tree', entries }],
    artifactType: 'application/vnd.example.thing',
  };
  const packed = await service.pack(input, 'one.example/team/thing:v1');
  const again = await service.pack(input, 'one.example/team/other:v1');
  await service.copy('one.example/team/thing:v1', 'two.example/mirror/thing:v1');
  const sink = memorySink();
  await service.unpack('two.example/mirror/thing:v1', sink);
  return {
    pack: packed.digest,
    'packed twice': again.digest === packed.digest,
    layers: packed.layers.map(({ digest, size }) => ({ digest, size })),
    copied: (await service.resolve('two.example/mirror/thing:v1')).digest === packed.digest,
    unpacked: [...sink.files()]
      .filter(([, { type }]) => type !== 'directory')
      .map(([path, entry]) => [path, entry.type === 'file' ? digestOf(entry.bytes) : entry]),
    'not there': await codeOf(() => service.resolve('two.example/mirror/thing:v2')),
  };
}

const tarballs = new Map([
  ['left', someBytes(5000, 1)],
  ['right', someBytes(6000, 2)],
]);

function lockfileBytes(): Uint8Array<ArrayBuffer> {
  const packages = [...tarballs].map(([name, bytes]) => [
    `node_modules/${name}`,
    { version: '1.0.0', integrity: integrityOf(digestOf(bytes, 'sha512')) },
  ]);
  const dependencies = Object.fromEntries([...tarballs.keys()].map((name) => [name, '1.0.0']));
  const lock = { lockfileVersion: 3, packages: { '': { dependencies }, ...(Object.fromEntries(packages) as object) } };
  return new TextEncoder().encode(JSON.stringify(lock));
}

/** Gives what is asked for by name, with one bit flipped in what is called `damaged`. */
const memorySource = (damaged?: string): Source => ({
  id: 'memory',
  open: ({ name }) => {
    const [key = ''] = name.split('@');
    const bytes = tarballs.get(key)?.slice();
    if (bytes !== undefined && key === damaged) bytes[2500] = (bytes[2500] ?? 0) ^ 1;
    return Promise.resolve(bytes === undefined ? undefined : new Blob([bytes]).stream());
  },
});

async function locks(): Promise<Outcome> {
  const input = { lockfile: { name: 'package-lock.json', bytes: lockfileBytes() } };
  const service = createPackService({ sources: [memorySource()] });
  const packed = await service.pack(input, 'one.example/team/app:v1');
  const sink = memorySink();
  await service.unpack('one.example/team/app:v1', sink);
  const damaged = createPackService({ sources: [memorySource('right')] });
  return {
    'pack of a lock': packed.digest,
    'its lock': digestOf(canonicalJson(packed.lock)),
    'its files': [...sink.files()].filter(([, { type }]) => type === 'file').map(([path]) => path),
    'one bit flipped on the way': await codeOf(() => damaged.pack(input, 'one.example/team/app:v1')),
    'and nothing written': await codeOf(() => damaged.resolve('one.example/team/app:v1')),
  };
}

/** Does a little of everything that runs on every platform. */
export async function scenario(): Promise<Outcome> {
  const parts = [await digests(), await json(), documents(), await archives(), await packs(), await locks()];
  return Object.assign({}, ...parts) as Outcome;
}
