import { parseManifest } from '../../src/oci/parse-manifest.ts';
import { buildIndex, buildManifest, emptyDescriptor } from '../../src/oci/index.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { inJson } from './json.ts';
import { holds, judge, type FuzzTarget } from './judge.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const references = [
  'registry.example/team/app:1.2',
  `registry.example:5000/a/b__c/d--e@${digest}`,
  `localhost/x:tag@${digest}`,
  '[2001:db8::1]:443/a:b',
  'ubuntu',
].map((text) => utf8(text));

const inReference = ['/', ':', '@', '.', '..', '__', '-', 'A', 'sha256:', digest, '[', ']', '://', 'library/', '%2f'];

const manifest = buildManifest({
  artifactType: 'application/vnd.example.thing',
  layers: [{ ...emptyDescriptor, annotations: { 'org.opencontainers.image.title': 'a/b' } }],
  subject: emptyDescriptor,
  annotations: { 'org.opencontainers.image.created': '2000-01-01T00:00:00Z' },
});
const index = buildIndex({
  manifests: [{ ...manifest.descriptor, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }],
});
const docker = utf8(
  `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":2,"digest":"${digest}"},"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":10,"digest":"${digest}","urls":["https://registry.example/"]}]}`,
);
const inManifest = [
  ...inJson,
  ...['"mediaType":', '"schemaVersion":1', 'sha256:', 'sha512:', '-1', '1.5', '9007199254740993', '"layers":{}'],
  ...['"manifests":[', '"config":', '"data":"!"', 'application/', '/', '+json', '"size":0'],
];

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'reference',
    seeds: references,
    dictionary: inReference,
    run: (bytes) =>
      judge(() => {
        const text = new TextDecoder().decode(bytes);
        const reference = parseReference(text);
        const again = parseReference(formatReference(reference));
        holds(
          'a reference that was written is read as the same',
          formatReference(again) === formatReference(reference),
        );
      }),
  },
  {
    name: 'manifest',
    seeds: [manifest.bytes, index.bytes, docker],
    dictionary: inManifest,
    run: (bytes) => judge(() => void parseManifest(bytes)),
  },
];
