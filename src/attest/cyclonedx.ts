import { algorithmOf, hexOf, type Digest } from '../digest/digest-name.ts';
import type { JsonValue } from '../bytes/json.ts';
import type { Lock, LockEntry } from '../lockfile/lock.ts';
import { entryDigests, entrySource, lockGraph } from './lock-facts.ts';
import { readLicense } from './read-license.ts';
import type { SbomSubject } from './sbom-options.ts';
import type { StatementPredicate } from './statement.ts';

/** The bill of materials in CycloneDX 1.6. Components are referred to by their path in the pack, which is unique. */
export function cycloneDxOf(subject: SbomSubject): StatementPredicate {
  const { lock, uuid, created } = subject;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
    metadata: {
      ...(created === undefined ? {} : { timestamp: created }),
      tools: { components: [{ type: 'application', name: 'packwright' }] },
      component: rootComponent(subject),
      properties: lockProperties(subject),
    },
    components: lock.entries.map(component),
    ...graphOf(subject),
  };
}

function rootComponent({ lockDigest, name, version, digest }: SbomSubject): JsonValue {
  return {
    type: 'application',
    'bom-ref': lockDigest,
    name,
    ...(version === undefined ? {} : { version }),
    ...(digest === undefined ? {} : { hashes: [hash(digest)] }),
  };
}

/** What a pack is of, and what it does not have. */
function lockProperties({ lock, lockDigest }: SbomSubject): JsonValue {
  const { source, selection, skipped } = lock;
  return [
    property('packwright:lock:digest', lockDigest),
    property('packwright:lockfile:name', source.path),
    property('packwright:lockfile:format', source.format),
    property('packwright:lockfile:digest', source.digest),
    ...selection.omit.map((scope) => property('packwright:omitted:scope', scope)),
    ...systemProperties(selection),
    ...skipped.map(({ path, reason }) => property(`packwright:skipped:${reason}`, path)),
  ];
}

function systemProperties({ os, cpu, libc }: Lock['selection']): JsonValue[] {
  return Object.entries({ os, cpu, libc }).flatMap(([name, value]) =>
    value === null ? [] : [property(`packwright:selected:${name}`, value)],
  );
}

function component(entry: LockEntry): JsonValue {
  const { path, name, version, license, installPaths, scope } = entry;
  const { address, purl } = entrySource(entry);
  const dev = scope.length > 0 && scope.every((each) => each === 'dev');
  return {
    type: 'library',
    'bom-ref': path,
    name,
    version,
    ...(scope.length === 0 ? {} : { scope: componentScope(entry) }),
    hashes: entryDigests(entry).map(hash),
    ...(license === undefined ? {} : { licenses: [licenseChoice(license)] }),
    purl,
    ...(address === undefined ? {} : { externalReferences: [{ type: 'distribution', url: address }] }),
    properties: [
      // The first two are of CycloneDX's own taxonomy, which npm's tools write, too.
      ...installPaths.map((place) => property('cdx:npm:package:path', place)),
      ...(dev ? [property('cdx:npm:package:development', 'true')] : []),
      ...scope.map((each) => property('packwright:scope', each)),
    ],
  };
}

/** `excluded` is the word for what a program does not need when it runs (CycloneDX 1.6, component scope). */
function componentScope({ scope }: LockEntry): string {
  if (scope.includes('prod')) return 'required';
  return scope.includes('optional') || scope.includes('peer') ? 'optional' : 'excluded';
}

function licenseChoice(text: string): JsonValue {
  const license = readLicense(text);
  if (license.kind === 'expression') return { expression: license.expression };
  return { license: license.kind === 'id' ? { id: license.id } : { name: license.text } };
}

/** Every component stands in the graph, as one that does not would say that nobody knows what it needs. */
function graphOf({ lock, lockDigest }: SbomSubject): Record<string, JsonValue> {
  const { needs, tops, incomplete } = lockGraph(lock);
  const node = (ref: string, dependsOn: readonly string[]): JsonValue => ({
    ref,
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
  });
  return {
    dependencies: [node(lockDigest, tops), ...[...needs].map(([path, needed]) => node(path, needed))],
    compositions: [{ aggregate: 'incomplete', dependencies: [lockDigest, ...incomplete] }],
  };
}

function hash(digest: Digest): JsonValue {
  return { alg: algorithmOf(digest).replace('sha', 'SHA-'), content: hexOf(digest) };
}

function property(name: string, value: string): JsonValue {
  return { name, value };
}
