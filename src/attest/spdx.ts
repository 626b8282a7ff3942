import type { JsonValue } from '../bytes/json.ts';
import { utf8 } from '../bytes/encoding.ts';
import { algorithmOf, digestOf, hexOf, type Digest } from '../digest/digest.ts';
import type { Lock, LockEntry } from '../lockfile/lock.ts';
import { entryDigests, entrySource, lockGraph } from './lock-facts.ts';
import { readLicense } from './read-license.ts';
import type { SbomSubject } from './sbom-options.ts';
import type { StatementPredicate } from './statement.ts';

/** SPDX demands a time (2.3, 6.9); without one this says that nobody said when. */
const noTime = '1970-01-01T00:00:00Z';
const documentId = 'SPDXRef-DOCUMENT';
const packId = 'SPDXRef-Pack';

/** The bill of materials in SPDX 2.3. */
export function spdxOf(subject: SbomSubject): StatementPredicate {
  const { lock, name, uuid, created = noTime } = subject;
  const ids = packageIds(lock.entries);
  const extracted = ownLicenses(lock);
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: documentId,
    name,
    // The form that SPDX names for those who own no place to keep documents at (2.3, 6.5.1).
    documentNamespace: `https://spdx.org/spdxdocs/packwright-${uuid}`,
    creationInfo: { created, creators: ['Tool: packwright'] },
    comment: documentComment(subject),
    packages: [packPackage(subject), ...lock.entries.map((entry) => entryPackage(entry, ids))],
    ...(extracted.length === 0 ? {} : { hasExtractedLicensingInfos: extracted }),
    relationships: relationships(lock, ids),
  };
}

/** What the pack is of, and what it does not have. */
function documentComment({ lock, lockDigest }: SbomSubject): string {
  const { source, selection, skipped } = lock;
  const { omit, ...systems } = selection;
  const chosen = Object.entries(systems).filter(([, value]) => value !== null);
  return [
    `Lock ${lockDigest}, of ${source.path} (${source.format}) ${source.digest}.`,
    ...(omit.length === 0 ? [] : [`Left out on request: ${omit.join(', ')} dependencies.`]),
    ...chosen.map(([what, value]) => `Only for ${what} ${value ?? ''}.`),
    ...skipped.map(({ path, reason }) => `Listed in the lockfile and not in the pack: ${path} (${reason}).`),
  ].join('\n');
}

function packPackage({ name, version, digest }: SbomSubject): JsonValue {
  return {
    SPDXID: packId,
    name,
    ...(version === undefined ? {} : { versionInfo: version }),
    ...unexamined,
    downloadLocation: 'NOASSERTION',
    licenseDeclared: 'NOASSERTION',
    ...(digest === undefined ? {} : { checksums: [checksum(digest)] }),
    primaryPackagePurpose: 'APPLICATION',
  };
}

/** What nobody looked into. */
const unexamined = { filesAnalyzed: false, licenseConcluded: 'NOASSERTION', copyrightText: 'NOASSERTION' };

function entryPackage(entry: LockEntry, ids: ReadonlyMap<string, string>): JsonValue {
  const { path, name, version, license, scope } = entry;
  const { address = 'NOASSERTION', purl } = entrySource(entry);
  return {
    SPDXID: ids.get(path) ?? path,
    name,
    versionInfo: version,
    packageFileName: path,
    ...unexamined,
    downloadLocation: address,
    licenseDeclared: license === undefined ? 'NOASSERTION' : declared(license),
    checksums: entryDigests(entry).map(checksum),
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
    primaryPackagePurpose: 'LIBRARY',
    ...(scope.length === 0 ? {} : { comment: `scope: ${scope.join(', ')}` }),
  };
}

function checksum(digest: Digest): JsonValue {
  return { algorithm: algorithmOf(digest).toUpperCase(), checksumValue: hexOf(digest) };
}

/** An expression of SPDX's list, or a reference to the text that the package has instead. */
function declared(text: string): string {
  const license = readLicense(text);
  if (license.kind === 'id') return license.id;
  return license.kind === 'expression' && !license.own ? license.expression : referenceTo(text);
}

function referenceTo(text: string): string {
  return `LicenseRef-${hexOf(digestOf(utf8(text))).slice(0, 32)}`;
}

/** The licence texts that are not SPDX's, which a document must carry itself (2.3, 10). */
function ownLicenses({ entries }: Lock): JsonValue[] {
  const texts = new Set(entries.flatMap(({ license }) => (license === undefined ? [] : [license])));
  const own = [...texts].filter((text) => declared(text) === referenceTo(text));
  return own.map((text) => ({ licenseId: referenceTo(text), extractedText: text, name: text }));
}

/** Identifiers by path, readable where that leaves them different from one another (SPDX 2.3, 3.2: letters, digits, . -). */
function packageIds(entries: readonly LockEntry[]): ReadonlyMap<string, string> {
  const readable = entries.map(({ path }) => `SPDXRef-Package-${path.replace(/[^A-Za-z0-9.-]+/g, '-')}`);
  const distinct = new Set(readable).size === readable.length;
  return new Map(
    entries.map(({ path }, index) => {
      const id = distinct ? readable[index] : undefined;
      return [path, id ?? `SPDXRef-Package-${hexOf(digestOf(utf8(path)))}`];
    }),
  );
}

function relationships(lock: Lock, ids: ReadonlyMap<string, string>): JsonValue[] {
  const { needs, tops } = lockGraph(lock);
  const id = (path: string): string => ids.get(path) ?? path;
  return [
    relationship(documentId, 'DESCRIBES', packId),
    ...lock.entries.map(({ path }) => relationship(packId, 'CONTAINS', id(path))),
    ...tops.map((path) => relationship(packId, 'DEPENDS_ON', id(path))),
    ...[...needs].flatMap(([path, needed]) => needed.map((other) => relationship(id(path), 'DEPENDS_ON', id(other)))),
    ...lock.entries.flatMap(({ path, scope }) => scopeKinds(scope).map((kind) => relationship(id(path), kind, packId))),
  ];
}

/** What SPDX can say of a scope; what peers are stands in the comment of the package. */
function scopeKinds(scope: LockEntry['scope']): string[] {
  if (scope.includes('prod')) return [];
  return [
    ...(scope.includes('dev') ? ['DEV_DEPENDENCY_OF'] : []),
    ...(scope.includes('optional') ? ['OPTIONAL_DEPENDENCY_OF'] : []),
  ];
}

function relationship(from: string, type: string, to: string): JsonValue {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}
