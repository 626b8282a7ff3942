import { hostOf, validFor } from './parse-trust-root.ts';
import {
  count32,
  enumeration,
  inside,
  invalid,
  list,
  message,
  oneOf,
  readDocument,
  required,
  text,
  type DocumentKind,
  type Place,
  type Reader,
} from './proto-json.ts';
import type { ValidityPeriod } from './trust-root.ts';

/** Where a signer finds the services of one instance of Sigstore. See `sigstore_trustroot.proto` of protobuf-specs. */
export interface SigningConfig {
  /** Certificate authorities, by their base URLs. */
  readonly certificateAuthorities: readonly SigningService[];
  /** Providers of OpenID Connect, by their base URLs. */
  readonly identityProviders: readonly SigningService[];
  /** Transparency logs, by their base URLs. */
  readonly logs: readonly SigningService[];
  /** How many logs to ask; undefined where there is none to ask. */
  readonly logSelector: ServiceSelector | undefined;
  /** Timestamp authorities, by their full URLs. */
  readonly timestampAuthorities: readonly SigningService[];
  readonly timestampSelector: ServiceSelector | undefined;
}

/** One service that a signer may ask. */
export interface SigningService {
  readonly url: string;
  /** 0 stands for a service that has not been released. */
  readonly majorApiVersion: number;
  readonly validFor: ValidityPeriod;
  /** Of one operator, at most one service is asked. */
  readonly operator: string;
}

/** How many services of a list a signer asks. */
export type ServiceSelector = { readonly kind: 'any' | 'all' } | { readonly kind: 'exact'; readonly count: number };

const signingConfigDocument: DocumentKind = {
  name: 'signing config',
  code: 'ERR_TRUST_ROOT_INVALID',
  maxBytes: 4 * 1024 * 1024,
};
const maxServices = 256;
const mediaType01 = 'application/vnd.dev.sigstore.signingconfig.v0.1+json';
const mediaType02 = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';

/**
 * Reads a SigningConfig document of version 0.2 or 0.1, as strictly as {@link parseBundle} reads a bundle.
 *
 * Version 0.1 may have bare URLs: their services are of API version 1, always valid, and each of the operator that its
 * host names; one log and one timestamp authority of them are enough. In version 0.2 a list that is not empty needs its
 * selector, and an exact one cannot ask for more services than are listed.
 *
 * @throws FormatError `ERR_TRUST_ROOT_INVALID` with the path of what is wrong; `ERR_LIMIT_EXCEEDED`.
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto
 */
export function parseSigningConfig(input: Uint8Array | string): SigningConfig {
  return readDocument(signingConfigDocument, input, signingConfig);
}

const serviceMessage = required(
  message({ url: required(text), majorApiVersion: count32, validFor, operator: required(text) }),
);

const service: Reader<SigningService> = (value, place) => {
  if (typeof value === 'string') return bareService(value, place);
  const read = serviceMessage(value, place);
  checkUrl(read.url, inside(place, 'url'));
  return read;
};

function bareService(url: string, place: Place): SigningService {
  checkUrl(url, place);
  return { url, majorApiVersion: 1, validFor: { start: undefined, end: undefined }, operator: hostOf(url) };
}

function checkUrl(url: string, place: Place): void {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) throw invalid(place, 'expected a URL of http or https');
}

const selectorMessage = message({
  selector: enumeration(['SERVICE_SELECTOR_UNDEFINED', 'ALL', 'ANY', 'EXACT']),
  count: count32,
});

const services = list(service, maxServices);

const signingConfigMessage = required(
  message({
    mediaType: oneOf(mediaType02, mediaType01),
    caUrls: services,
    oidcUrls: services,
    rekorTlogUrls: services,
    rekorTlogConfig: selectorMessage,
    tsaUrls: services,
    tsaConfig: selectorMessage,
    caUrl: text,
    oidcUrl: text,
    tlogUrls: services,
  }),
);

/** Reads a signing config inside of another document too. */
export const signingConfig: Reader<SigningConfig> = (value, place) => {
  const read = signingConfigMessage(value, place);
  const old = read.mediaType === mediaType01;
  if (!old) refuseOldFields(value as object, place);
  const logs = [...read.rekorTlogUrls, ...read.tlogUrls];
  const bare = (url: string, key: string): SigningService[] =>
    url === '' ? [] : [bareService(url, inside(place, key))];
  return {
    certificateAuthorities: [...read.caUrls, ...bare(read.caUrl, 'caUrl')],
    identityProviders: [...read.oidcUrls, ...bare(read.oidcUrl, 'oidcUrl')],
    logs,
    logSelector: selectorOf(read.rekorTlogConfig, logs.length, old, inside(place, 'rekorTlogConfig')),
    timestampAuthorities: read.tsaUrls,
    timestampSelector: selectorOf(read.tsaConfig, read.tsaUrls.length, old, inside(place, 'tsaConfig')),
  };
};

/** What version 0.2 does not have any more. */
function refuseOldFields(document: object, place: Place): void {
  for (const [key, value] of Object.entries(document)) {
    const at = inside(place, key);
    if (['caUrl', 'oidcUrl', 'tlogUrls'].includes(key)) throw invalid(at, 'is a field of version 0.1');
    const bare = Array.isArray(value) ? value.findIndex((item) => typeof item === 'string') : -1;
    if (bare !== -1) throw invalid(inside(at, bare), 'expected an object');
  }
}

function selectorOf(
  read: ReturnType<typeof selectorMessage>,
  available: number,
  old: boolean,
  place: Place,
): ServiceSelector | undefined {
  if (available === 0) return undefined;
  const { selector, count } = read ?? { selector: old ? 'ANY' : 'SERVICE_SELECTOR_UNDEFINED', count: 0 };
  if (selector === 'ANY') return { kind: 'any' };
  if (selector === 'ALL') return { kind: 'all' };
  if (selector !== 'EXACT') throw invalid(inside(place, 'selector'), 'expected ANY, ALL or EXACT');
  if (count > 0 && count <= available) return { kind: 'exact', count };
  throw invalid(inside(place, 'count'), `expected 1 to ${available}, which is how many services there are`);
}
