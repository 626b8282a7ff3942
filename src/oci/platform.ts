import { compareBytewise } from '../bytes/encoding.ts';
import { UsageError } from '../errors.ts';
import type { Descriptor, Platform } from './descriptor.ts';

const maxLength = 256;
const partPattern = /^[A-Za-z0-9_.-]+$/;

/**
 * Reads `os/architecture[/variant][:os.version]`, `linux/arm64/v8` for example, in the spelling that oras and Docker
 * have. Names that mean the same are made one: `x86_64` is `amd64`, `arm64/v8` is `arm64`, `arm` is `arm/v7`.
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
  return normalizePlatform({
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
  });
}

/** The text of a platform. The inverse of {@link parsePlatform}, but for `os.features`, which the text cannot say. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant, 'os.version': version } = normalizePlatform(platform);
  return `${os}/${architecture}${variant === undefined ? '' : `/${variant}`}${version === undefined ? '' : `:${version}`}`;
}

const osNames: Readonly<Record<string, string>> = { macos: 'darwin' };
const architectureNames: Readonly<Record<string, { readonly architecture: string; readonly variant?: string }>> = {
  i386: { architecture: '386' },
  x86_64: { architecture: 'amd64' },
  'x86-64': { architecture: 'amd64' },
  aarch64: { architecture: 'arm64' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
};
// What a missing variant means; the same as leaving it out (containerd, platforms, "Normalization").
const baseVariants: Readonly<Record<string, string>> = { amd64: 'v1', arm64: 'v8' };

/** The platform in the one spelling that is compared: lower case, aliases resolved, the base variant left out. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const given = platform.architecture.toLowerCase();
  const alias = Object.hasOwn(architectureNames, given) ? architectureNames[given] : undefined;
  const architecture = alias?.architecture ?? given;
  const variant = variantOf(architecture, alias?.variant ?? platform.variant?.toLowerCase() ?? '');
  const { 'os.version': version, 'os.features': features } = platform;
  return {
    os: (Object.hasOwn(osNames, os) ? osNames[os] : undefined) ?? os,
    architecture,
    ...(variant === '' ? {} : { variant }),
    ...(version === undefined || version === '' ? {} : { 'os.version': version }),
    ...(features === undefined || features.length === 0 ? {} : { 'os.features': [...features].sort(compareBytewise) }),
  };
}

function variantOf(architecture: string, variant: string): string {
  const named = /^[0-9]/.test(variant) && architecture.startsWith('arm') ? `v${variant}` : variant;
  if (architecture === 'arm' && named === '') return 'v7';
  return named === baseVariants[architecture] ? '' : named;
}

/**
 * True where something for `offered` is what was asked for: the same system, architecture and variant, and the same
 * version and at least the features of the system where those were asked for. Nothing similar counts.
 */
export function platformMatches(offered: Platform, wanted: Platform): boolean {
  const a = normalizePlatform(offered);
  const b = normalizePlatform(wanted);
  if (a.os !== b.os || a.architecture !== b.architecture || a.variant !== b.variant) return false;
  if (b['os.version'] !== undefined && a['os.version'] !== b['os.version']) return false;
  return (b['os.features'] ?? []).every((feature) => a['os.features']?.includes(feature) === true);
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
    hint: 'Name one that is there, or the manifest by its digest.',
  });
}

function notPlatform(text: string): UsageError {
  return new UsageError(
    'ERR_INVALID_ARGUMENT',
    `platform ${JSON.stringify(text.slice(0, 120))} is not os/architecture[/variant][:os.version]`,
    { argument: 'platform', hint: 'linux/amd64 and linux/arm64/v8 are examples.' },
  );
}
