import type { Digest } from '../digest/digest.ts';

/** The keys of the records of one repository. */
export interface RecordKeys {
  /** The prefix of everything. */
  readonly all: string;
  tag(name: string): string;
  /** The prefix of all manifests. */
  readonly manifests: string;
  manifest(digest: Digest): string;
  /** Membership: this repository has that blob, whoever else has it. */
  blob(digest: Digest): string;
  /** The prefix of all referrers of a manifest. */
  referrers(subject: Digest): string;
  referrer(subject: Digest, digest: Digest): string;
}

const root = 'repos/';

/**
 * The keys of a repository's records. Its name becomes one segment, with `:` for `/`, which no name has: otherwise the
 * tag `x` of `a/tags` would lie among the tags of `a`.
 */
export function recordKeys(repository: string): RecordKeys {
  const base = `${root}${repository.replaceAll('/', ':')}/`;
  return {
    all: base,
    tag: (name) => `${base}tags/${name}`,
    manifests: `${base}manifests/`,
    manifest: (digest) => `${base}manifests/${digest}`,
    blob: (digest) => `${base}blobs/${digest}`,
    referrers: (subject) => `${base}referrers/${subject}/`,
    referrer: (subject, digest) => `${base}referrers/${subject}/${digest}`,
  };
}

/** The prefix of every record of a registry. */
export const recordsPrefix: string = root;

/** What a key says. */
export interface KeyParts {
  readonly key: string;
  readonly repository: string;
  /** `blobs`, `manifests`, `tags` or `referrers`. */
  readonly kind: string;
  /** What follows the kind. */
  readonly name: string;
}

/** Takes the key of a record of a registry apart. */
export function keyParts(key: string): KeyParts {
  const [, , kind = '', ...name] = key.split('/');
  return { key, repository: repositoryOfKey(key), kind, name: name.join('/') };
}

/** The repository that a key belongs to. */
export function repositoryOfKey(key: string): string {
  return segmentOf(key).replaceAll(':', '/');
}

/** A text that comes after every key of the repository of this key, and before those of any other. */
export function behindRepositoryOf(key: string): string {
  // The character after "/".
  return `${root}${segmentOf(key)}0`;
}

function segmentOf(key: string): string {
  return key.slice(root.length, key.indexOf('/', root.length));
}
