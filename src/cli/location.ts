import { UsageError } from '../errors.ts';
import { parseDigest, type Digest } from '../digest/index.ts';
import { isTag, parseReference, type Reference } from '../oci/index.ts';

/** Where a pack is, as a person types it. */
export type Location = LayoutLocation | ArchiveLocation | RegistryLocation;

/** `oci:DIR`, `oci:DIR:TAG`, `oci:DIR@sha256:…`: an OCI layout folder. */
export interface LayoutLocation {
  readonly kind: 'layout';
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** `oci-archive:FILE.tar`, `…:TAG`, `…@sha256:…`: an OCI layout in a tar. */
export interface ArchiveLocation {
  readonly kind: 'archive';
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** `registry.example/team/app:1.2`: a registry, in Docker's grammar. */
export interface RegistryLocation {
  readonly kind: 'registry';
  readonly reference: Reference;
}

/**
 * Reads a reference as a person types it. Without a prefix it is a registry reference, never a folder by guessing.
 *
 * @throws UsageError `ERR_INVALID_REFERENCE`, `ERR_INVALID_DIGEST`.
 */
export function parseLocation(text: string): Location {
  // What stands before an "@" that a "/" follows is no part of a reference, and may be a password: nothing repeats it.
  if (!/^oci(-archive)?:/.test(text) && text.lastIndexOf('/') > text.indexOf('@') && text.includes('@')) {
    throw new UsageError('ERR_INVALID_REFERENCE', 'reference has a user before its host', {
      argument: 'reference',
      hint: 'leave it out, and log in: packwright login HOST -u NAME',
    });
  }
  if (text.startsWith('oci:')) return { kind: 'layout', ...splitPath(text, text.slice(4)) };
  if (text.startsWith('oci-archive:')) return { kind: 'archive', ...splitPath(text, text.slice(12)) };
  return { kind: 'registry', reference: parseReference(text) };
}

/** The location as text; the inverse of {@link parseLocation} for layouts and archives. */
export function formatLayoutLocation(location: LayoutLocation | ArchiveLocation, digest?: Digest): string {
  const prefix = location.kind === 'layout' ? 'oci:' : 'oci-archive:';
  const tag = location.tag === undefined ? '' : `:${location.tag}`;
  const pinned = digest ?? location.digest;
  return `${prefix}${location.path}${tag}${pinned === undefined ? '' : `@${pinned}`}`;
}

function splitPath(text: string, rest: string): { path: string; tag?: string; digest?: Digest } {
  const at = rest.lastIndexOf('@');
  const digest = at > 0 && rest.indexOf('/', at) === -1 ? parseDigest(rest.slice(at + 1)) : undefined;
  const named = digest === undefined ? rest : rest.slice(0, at);
  const colon = named.lastIndexOf(':');
  const tagged = colon > 0 && isTag(named.slice(colon + 1));
  const path = tagged ? named.slice(0, colon) : named;
  if (path === '' || path.includes('\0') || (colon !== -1 && !tagged && !named.slice(colon).includes('/'))) {
    throw new UsageError(
      'ERR_INVALID_REFERENCE',
      `reference ${JSON.stringify(text)} does not name a folder, a tag or a digest`,
      {
        argument: 'reference',
        hint: 'write oci:DIR, oci:DIR:TAG or oci:DIR@sha256:…',
      },
    );
  }
  return { path, ...(tagged ? { tag: named.slice(colon + 1) } : {}), ...(digest === undefined ? {} : { digest }) };
}
