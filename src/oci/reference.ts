import { isDigest, type Digest } from '../digest/digest.ts';
import { UsageError } from '../errors.ts';

/** What `registry/repository[:tag][@digest]` names. */
export interface Reference {
  /** Host, with its port where it has one, `docker.io` where the text names none. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string | undefined;
  /** Decides where there is a tag as well. */
  readonly digest?: Digest | undefined;
}

const defaultRegistry = 'docker.io';
const officialPrefix = 'library/';
const maxRepositoryLength = 255;
// A DNS name has at most 253 characters, a port 6 with its colon, a tag 128, a digest 135, and four separators.
const maxLength = 1024;

// Each alternative starts with a character that no other one does, so that matching is linear.
const repositoryPattern = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const hostLabelPattern = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;
const ipv6Pattern = /^\[[0-9A-Fa-f:]+\]$/;

/**
 * Reads a reference as Docker, podman and oras do (distribution/reference 0.6): `ubuntu` is
 * `docker.io/library/ubuntu`, and what stands before the first slash is a registry where it has a dot, a colon or an
 * upper-case letter, or is `localhost`. No tag is made up.
 *
 * @throws UsageError `ERR_INVALID_REFERENCE`, saying which part is wrong.
 */
export function parseReference(text: string): Reference {
  if (text.length > maxLength) throw invalid(text, `has more than ${String(maxLength)} characters`);
  if (text.includes('://')) throw invalid(text, 'is a URL', 'Leave out what stands before the host.');
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  const name = splitName(text, colon === -1 ? named : named.slice(0, colon));
  if (tag !== undefined && !isTag(tag)) throw invalid(text, `has the tag ${quoted(tag)}, which is not one`, tagHint);
  if (digest !== undefined && !isDigest(digest)) throw invalid(text, 'has a digest that is not one', digestHint);
  return { ...name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/**
 * Reads a reference that must have neither tag nor digest.
 *
 * @throws UsageError `ERR_INVALID_REFERENCE`.
 */
export function parseRepository(text: string): { readonly registry: string; readonly repository: string } {
  const { registry, repository, tag, digest } = parseReference(text);
  if (tag === undefined && digest === undefined) return { registry, repository };
  throw invalid(text, 'has a tag or a digest, expected a repository alone');
}

/** The text of a reference, in full: `docker.io/library/ubuntu:24.04` for example. */
export function formatReference(reference: Reference): string {
  const { registry, repository, tag, digest } = reference;
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** True for a tag: 1 to 128 letters, digits, `_`, `.` and `-`, the first no dot and no dash (distribution-spec 1.1.1). */
export function isTag(text: unknown): text is string {
  return typeof text === 'string' && tagPattern.test(text);
}

/** True for the name of a repository: at most 255 characters of the grammar of distribution-spec 1.1.1, "Pulling manifests". */
export function isRepositoryName(text: unknown): text is string {
  return typeof text === 'string' && text.length <= maxRepositoryLength && repositoryPattern.test(text);
}

/** True for a host with or without a port: a name, an IPv4 address, or an IPv6 address in brackets. */
export function isRegistryName(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > maxLength) return false;
  const bracket = text.lastIndexOf(']');
  const colon = text.indexOf(':', bracket + 1);
  const host = colon === -1 ? text : text.slice(0, colon);
  return (colon === -1 || isPort(text.slice(colon + 1))) && isHost(host);
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return ipv6Pattern.test(host) && URL.canParse(`http://${host}`);
  return host.split('.').every((label) => hostLabelPattern.test(label));
}

function isPort(text: string): boolean {
  return /^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535;
}

function splitName(text: string, name: string): { readonly registry: string; readonly repository: string } {
  if (/^[0-9a-f]{64}$/.test(name)) throw invalid(text, 'is 64 hexadecimal digits, which is an image id');
  const { registry, repository } = splitRegistry(name);
  if (!isRegistryName(registry)) throw invalid(text, `has the registry ${quoted(registry)}, which is not a host`);
  if (isRepositoryName(repository)) return { registry, repository };
  throw invalid(text, `has the repository ${quoted(repository)}, which is not a name`, repositoryHint);
}

function splitRegistry(name: string): { readonly registry: string; readonly repository: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const explicit = first === 'localhost' || /[.:A-Z]/.test(first);
  const host = explicit && first !== `index.${defaultRegistry}` ? first : defaultRegistry;
  const rest = explicit ? name.slice(slash + 1) : name;
  const official = host === defaultRegistry && !rest.includes('/');
  return { registry: host, repository: official ? officialPrefix + rest : rest };
}

const tagHint = 'A tag has 1 to 128 letters, digits, "_", "." and "-", and starts with none of the last two.';
const digestHint = 'A digest is sha256, sha384 or sha512, a colon, and lower-case hex of the right length.';
const repositoryHint =
  'A repository has at most 255 lower-case letters and digits, in parts separated by "/", ".", "_", "__" or dashes.';

function invalid(text: string, what: string, hint?: string): UsageError {
  return new UsageError('ERR_INVALID_REFERENCE', `reference ${quoted(text)} ${what}`, {
    argument: 'reference',
    hint,
  });
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
