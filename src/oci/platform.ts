import { compareBytewise } from '../bytes/encoding.ts';
import { UsageError } from '../errors.ts';
import type { Descriptor, Platform } from './descriptor.ts';

const maxLength = 256;
const partPattern = /^[A-Za-z0-9_.-]+$/;

/**
 * Reads `os/architecture[/variant][:os.version]`, `linux/arm64/v8` for example, in the spelling that oras and Docker
 * have. Other names of an architecture are replaced: `x86_64` by `amd64`, `aarch64` by `arm64`.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for anything else; nothing is filled in from the machine it runs on.
 */
export function parsePlatform(text: string): Platform {
  const colon = text.indexOf(':');
  const parts = (colon === -1 ? text : text.slice(0, colon)).split('/');
  const version = colon === -1 ? undefined : text.slice(colon + 1);
  const [os, architecture, variant, ...rest] = parts;
  const named = [...parts, ...(version === undefined ? [] : [version])];
  const valid = text.length <= maxLength && rest.length === 0 && named.every((part) => partPattern.test(part));
  if (!valid || os === undefined || architecture === undefined) throw notPlatform(text);
  return spelled({
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
  });
}

/** The text of a platform. The inverse of {@link parsePlatform}, but for `os.features`, which the text cannot say. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant = '', 'os.version': version = '' } = platform;
  return `${os}/${architecture}${variant === '' ? '' : `/${variant}`}${version === '' ? '' : `:${version}`}`;
}

const osNames: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([['macos', 'darwin']]);
const architectureNames: ReadonlyMap<string, readonly [architecture: string, variant: string]> =
  /* @__PURE__ */ new Map([
    ['i386', ['386', '']],
    ['x86_64', ['amd64', '']],
    ['x86-64', ['amd64', '']],
    ['aarch64', ['arm64', '']],
    ['armhf', ['arm', 'v7']],
    ['armel', ['arm', 'v6']],
  ]);

/** A platform with one name for each system and architecture, and `v8` where somebody wrote `8`. */
function spelled(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const given = platform.architecture.toLowerCase();
  const [architecture, implied] = architectureNames.get(given) ?? [given, ''];
  const wanted = platform.variant?.toLowerCase() ?? '';
  const variant = implied === '' ? wanted.replace(/^(?=[0-9]+$)/, 'v') : implied;
  return { ...platform, os: osNames.get(os) ?? os, architecture, ...(variant === '' ? {} : { variant }) };
}

// What a missing variant means (containerd's platforms, "Normalization").
const baseVariants: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['amd64', 'v1'],
  ['arm64', 'v8'],
  ['arm', 'v7'],
]);

/**
 * True where something for `offered` is what was asked for: the same system, architecture and variant, and the same
 * version and at least the features of the system where those were asked for. Nothing similar counts; a variant that is
 * not named is v8 of arm64, v7 of arm, v1 of amd64.
 */
export function platformMatches(offered: Platform, wanted: Platform): boolean {
  const a = spelled(offered);
  const b = spelled(wanted);
  if (a.os !== b.os || a.architecture !== b.architecture || variantOf(a) !== variantOf(b)) return false;
  const { 'os.version': version = '', 'os.features': features = [] } = b;
  if (version !== '' && a['os.version'] !== version) return false;
  return features.every((feature) => a['os.features']?.includes(feature) === true);
}

function variantOf({ architecture, variant = '' }: Platform): string {
  return variant === '' ? (baseVariants.get(architecture) ?? '') : variant;
}

/**
 * The manifest for a platform among those of an index. Never the first of several, and never one that is similar.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where none matches, or several that differ do; the error lists what is there.
 */
export function selectPlatform(manifests: readonly Descriptor[], wanted: Platform | string): Descriptor {
  const platform = typeof wanted === 'string' ? parsePlatform(wanted) : wanted;
  const matching = manifests.filter(
    (manifest) => manifest.platform !== undefined && platformMatches(manifest.platform, platform),
  );
  const [first] = matching;
  if (first === undefined) throw notSelected(`platform ${formatPlatform(platform)} is not in the index`, manifests);
  if (matching.every((manifest) => manifest.digest === first.digest)) return first;
  throw notSelected(`platform ${formatPlatform(platform)} is in the index more than once`, matching);
}

function notSelected(message: string, manifests: readonly Descriptor[]): UsageError {
  const platforms = manifests.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]));
  const available = [...new Set(platforms)].sort(compareBytewise);
  const listed = available.slice(0, 50).join(', ');
  return new UsageError('ERR_INVALID_ARGUMENT', `${message}, which has ${listed === '' ? 'none' : listed}`, {
    argument: 'platform',
    details: { available },
    hint: 'name one that is there, or the manifest by its digest',
  });
}

function notPlatform(text: string): UsageError {
  return new UsageError(
    'ERR_INVALID_ARGUMENT',
    `platform ${JSON.stringify(text.slice(0, 120))} is not os/architecture[/variant][:os.version]`,
    { argument: 'platform', hint: 'linux/amd64 and linux/arm64/v8 are examples' },
  );
}
