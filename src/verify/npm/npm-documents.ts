import type { Bundle } from '../../attest/bundle.ts';
import { parseBundle } from '../../attest/parse-bundle.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { parseJson, type JsonValue } from '../../bytes/json.ts';
import { FormatError } from '../../errors.ts';
import { readable } from '../timestamp/find-signer.ts';
import type { NpmKey } from './npm-policies.ts';

/** An attestation as npm's registry hands it out. */
export interface NpmAttestation {
  /** What the registry says of it, which nothing relies on. */
  readonly predicateType: string;
  readonly bundle: Bundle;
}

const maximumItems = 100;

/**
 * Reads the registry's answer about the attestations of a version: `{ attestations: [{ predicateType, bundle }] }`.
 *
 * @throws FormatError `ERR_BUNDLE_INVALID` where it is none, or one of its bundles is none.
 */
export function parseNpmAttestations(input: Uint8Array | string): readonly NpmAttestation[] {
  return itemsOf(input, 'attestations').map((item) => ({
    predicateType: textOf(item, 'predicateType'),
    bundle: withoutRoots(parseBundle(JSON.stringify(memberOf(item, 'bundle') ?? null))),
  }));
}

/**
 * Packages that were published by the first clients have the root at the end of their chains, where no bundle may have
 * one. Nobody believes it from there: left out, the chain still has to lead to a root that is trusted.
 */
function withoutRoots(bundle: Bundle): Bundle {
  const { material } = bundle;
  if (material.kind === 'key') return bundle;
  const certificates = material.certificates.filter((der, index) => index === 0 || !isRoot(der));
  return { ...bundle, material: { ...material, certificates } };
}

function isRoot(der: Uint8Array): boolean {
  const certificate = readable(der);
  return certificate !== undefined && equalBytes(certificate.issuer, certificate.subject);
}

/**
 * Reads the keys of npm's registry: `registry.example/keys.json` of Sigstore's TUF repository, of which those for
 * attestations are taken, or what the registry itself says at `/-/npm/v1/keys`. The first is to be preferred: a registry
 * that is asked for its own keys can give any.
 *
 * @throws FormatError `ERR_BUNDLE_INVALID`, `ERR_JSON_INVALID`.
 */
export function parseNpmKeys(input: Uint8Array | string): readonly NpmKey[] {
  return itemsOf(input, 'keys').flatMap((item) => {
    const publicKey = memberOf(item, 'publicKey');
    if (publicKey === undefined) return [servedKey(item)];
    if (memberOf(item, 'keyUsage') !== 'npm:attestations') return [];
    const period = memberOf(publicKey, 'validFor');
    const [start, end] = [memberOf(period, 'start'), memberOf(period, 'end')];
    const validFor = { ...(isText(start) ? { start } : {}), ...(isText(end) ? { end } : {}) };
    const key = { keyId: textOf(item, 'keyId'), key: textOf(publicKey, 'rawBytes') };
    return [Object.keys(validFor).length === 0 ? key : { ...key, validFor }];
  });
}

function servedKey(item: JsonValue): NpmKey {
  const expires = memberOf(item, 'expires');
  const key = { keyId: textOf(item, 'keyid'), key: textOf(item, 'key') };
  return isText(expires) ? { ...key, validFor: { end: expires } } : key;
}

function itemsOf(input: Uint8Array | string, name: string): readonly JsonValue[] {
  const items = memberOf(parseJson(input), name);
  if (Array.isArray(items) && items.length <= maximumItems) return items as readonly JsonValue[];
  throw invalid(`${name} of npm are not a list of at most ${maximumItems}`);
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, JsonValue>>)[name];
}

function textOf(value: JsonValue, name: string): string {
  const text = memberOf(value, name);
  if (isText(text)) return text;
  throw invalid(`${name} of npm is not a text`);
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string';
}

function invalid(message: string): FormatError {
  return new FormatError('ERR_BUNDLE_INVALID', message);
}
