import type { Outcome } from './outcome.ts';
import { verbNames, type Verb } from './verbs.ts';

/** What comes of the verbs of one row, where they do not work. */
export type Cells = Readonly<Partial<Record<Outcome, readonly Verb[]>>>;

const every = verbNames;

function everyBut(...others: readonly Verb[]): readonly Verb[] {
  return every.filter((verb) => !others.includes(verb));
}

/** What asks by GET or HEAD of a manifest or a blob. */
const reads: readonly Verb[] = [
  'resolve',
  'get by tag',
  'get by digest',
  'tag',
  'delete manifest',
  'get blob',
  'get range',
  'stat',
  'pull',
];

/** What comes of each cell by the name of its row; what is not named here works. */
export const table: Readonly<Record<string, Cells>> = {
  'token-expires-at-once': { false: ['mount'], ERR_REGISTRY_UNAUTHORIZED: ['push', 'pull'] },
  'token-first-scope-only': { false: ['mount'] },
  'token-server-html': { ERR_REGISTRY_PROTOCOL: every },
  'token-missing': { ERR_REGISTRY_PROTOCOL: every },
  'mount-ignored': { false: ['mount'] },
  'mount-refused': { false: ['mount'] },
  'delete-refused': { ERR_REGISTRY_REJECTED: ['delete tag', 'delete manifest'] },
  'tag-delete-refused': { ERR_REGISTRY_REJECTED: ['delete tag'] },
  'repository-not-created': { ERR_REGISTRY_NOT_FOUND: ['push'] },
  'missing-repository-401': { ERR_REGISTRY_UNAUTHORIZED: ['push'] },
  'missing-repository-403': { ERR_REGISTRY_DENIED: ['push'] },
  'rate-limited-for-hours': {
    ERR_REGISTRY_RATE_LIMITED: ['get by tag', 'get by digest', 'tag', 'delete manifest', 'pull'],
  },
  'missing-blob-401': { ERR_REGISTRY_UNAUTHORIZED: ['stat'] },
  'wrong-digest-header': {
    unchecked: ['resolve'],
    ERR_DIGEST_MISMATCH: ['get by tag', 'get by digest', 'put', 'attach', 'tag', 'push', 'pull'],
  },
  'malformed-digest-header': {
    ERR_DIGEST_MISMATCH: ['resolve', 'get by tag', 'get by digest', 'put', 'attach', 'tag', 'push', 'pull'],
  },
  'head-length-lies': { unchecked: ['resolve', 'stat'], ERR_SIZE_MISMATCH: ['get blob'] },
  'gzip-content-encoding': { ERR_REGISTRY_PROTOCOL: ['get blob', 'get range', 'pull'] },
  'wrong-digest-header, known': {
    ERR_DIGEST_MISMATCH: ['resolve', 'get by tag', 'get by digest', 'put', 'attach', 'tag', 'push', 'pull'],
  },
  'new-repository-drops': { ERR_REGISTRY_NETWORK: ['push'] },
  'quota-exceeded': { ERR_REGISTRY_REJECTED: ['put', 'attach', 'tag', 'put small', 'put large', 'push'] },
  'read-only': {
    ERR_REGISTRY_REJECTED: ['put', 'attach', 'tag', 'delete tag', 'delete manifest', 'put small', 'put large', 'push'],
    false: ['mount'],
  },
  'body-too-large, patch-refused': { ERR_REGISTRY_REJECTED: ['put large', 'push'] },
  'body-too-large, second-patch-refused': { ERR_REGISTRY_REJECTED: ['put large', 'push'] },
  'short-read-in-silence': { ERR_REGISTRY_NETWORK: ['get blob', 'get range', 'pull'] },
  'wrong-bytes': {
    ERR_DIGEST_MISMATCH: ['get by tag', 'get by digest', 'tag', 'get blob', 'pull'],
    unchecked: ['get range'],
  },
  'content-type-json': {
    ERR_REGISTRY_PROTOCOL: ['resolve', 'get by tag', 'get by digest', 'tag', 'delete manifest', 'pull'],
  },
  'content-type-missing': {
    ERR_REGISTRY_PROTOCOL: ['resolve', 'get by tag', 'get by digest', 'tag', 'delete manifest', 'pull'],
  },
  'content-type-wrong': { unchecked: ['resolve'], ERR_INDEX_INVALID: ['get by tag', 'get by digest', 'tag', 'pull'] },
  'manifests-html': {
    ERR_REGISTRY_PROTOCOL: ['resolve', 'get by tag', 'get by digest', 'tag', 'delete manifest', 'push', 'pull'],
  },
  'config-type-refused': { ERR_REGISTRY_REJECTED: ['put', 'attach', 'tag', 'push'] },
  'config-type-404': { ERR_REGISTRY_REJECTED: ['put', 'attach', 'tag', 'push'] },
  'config-type-415': { ERR_REGISTRY_REJECTED: ['put', 'attach', 'tag', 'push'] },
  'subject-refused': { ERR_REGISTRY_REJECTED: ['attach', 'push'] },
  'content-type-wrong, known': { ERR_INDEX_INVALID: ['resolve', 'get by tag', 'get by digest', 'tag', 'pull'] },
  'link-self': { ERR_REGISTRY_PROTOCOL: ['tags', 'catalog'] },
  'link-endless': { ERR_LIMIT_EXCEEDED: ['tags', 'catalog'] },
  'link-other-host': { ERR_REGISTRY_PROTOCOL: ['tags', 'catalog'] },
  'tags-of-nonsense': { ERR_REGISTRY_PROTOCOL: ['tags', 'catalog'] },
  'lists-html': { ERR_REGISTRY_PROTOCOL: ['tags', 'catalog'] },
  'catalog-refused': { ERR_REGISTRY_NOT_FOUND: ['catalog'] },
  'referrers-429': { ERR_REGISTRY_RATE_LIMITED: ['push', 'pull'] },
  'referrers-empty': { 'finds nothing': ['referrers'], 'not listed': ['pull'] },
  'subject-header-lies': { 'not listed': ['attach'] },
  'fallback-tag-is-image': {
    ERR_REGISTRY_PROTOCOL: ['attach', 'push'],
    'finds nothing': ['referrers'],
    'not listed': ['pull'],
  },
  'fallback-type-wrong': { 'not by type': ['referrers'] },
  'referrers-of-others': { ERR_INDEX_INVALID: ['referrers', 'push', 'pull'] },
  'location-evil': { unchecked: ['put small', 'put large'], ERR_REGISTRY_REJECTED: ['push'] },
  'location-private': { ERR_REGISTRY_PROTOCOL: ['put small', 'put large', 'push'] },
  'location-of-nonsense': { ERR_REGISTRY_PROTOCOL: ['put small', 'put large', 'push'] },
  'location-missing': { ERR_REGISTRY_PROTOCOL: ['put small', 'put large', 'push'] },
  'redirect-evil': {
    ERR_REGISTRY_PROTOCOL: ['resolve', 'get by tag', 'get by digest', 'tag', 'delete manifest', 'pull'],
    ERR_DIGEST_MISMATCH: ['get blob'],
    unchecked: ['get range', 'stat'],
  },
  'redirect-private': {
    ERR_REGISTRY_PROTOCOL: reads,
  },
  'redirect-loop': {
    ERR_REGISTRY_PROTOCOL: reads,
  },
  'redirect-endless': {
    ERR_REGISTRY_PROTOCOL: reads,
  },
  'redirect-login': { ERR_REGISTRY_PROTOCOL: every },
  'realm-private': { ERR_REGISTRY_PROTOCOL: every },
  'realm-http': { ERR_REGISTRY_PROTOCOL: every },
  'realm-of-nonsense': { ERR_REGISTRY_PROTOCOL: every },
  'endless-manifest': { ERR_LIMIT_EXCEEDED: ['get by tag', 'get by digest', 'tag', 'pull'] },
  'endless-blob': { ERR_REGISTRY_PROTOCOL: ['get blob', 'pull'], unchecked: ['get range'] },
  'endless-list': { ERR_LIMIT_EXCEEDED: ['tags', 'catalog'] },
  'endless-referrers': { ERR_LIMIT_EXCEEDED: ['referrers', 'push', 'pull'] },
  'endless-error': { ERR_REGISTRY_DENIED: everyBut('resolve', 'stat', 'mount'), false: ['mount'] },
  'endless-token': { ERR_REGISTRY_PROTOCOL: every },
  'huge-token': { ERR_REGISTRY_UNAUTHORIZED: everyBut('mount'), false: ['mount'] },
  'deep-json': {
    ERR_DIGEST_MISMATCH: ['get by tag', 'get by digest', 'tag', 'pull'],
    ERR_REGISTRY_PROTOCOL: ['tags', 'catalog'],
    ERR_LIMIT_EXCEEDED: ['referrers', 'push'],
  },
};

/** What comes of a verb in one row. */
export function expected(cells: Cells | undefined, verb: Verb): Outcome {
  const found = Object.entries(cells ?? {}).find(([, verbs]) => verbs.includes(verb));
  return (found?.[0] ?? 'works') as Outcome;
}
