import { mergeTrustRoots } from './merge-trust-roots.ts';
import {
  bytes,
  enumeration,
  hashAlgorithm,
  inside,
  invalid,
  list,
  message,
  oneOf,
  only,
  readDocument,
  required,
  text,
  time,
  type DocumentKind,
  type Reader,
} from './proto-json.ts';
import type { CertificateAuthority, TransparencyLog, TrustRoot, ValidityPeriod } from './trust-root.ts';

const trustRootDocument: DocumentKind = {
  name: 'trust root',
  code: 'ERR_TRUST_ROOT_INVALID',
  maxBytes: 4 * 1024 * 1024,
};
const maxInstances = 256;
const maxCertificates = 10;

const mediaType = oneOf(
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot.v0.1+json',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
);

/**
 * Reads a TrustedRoot document of version 0.1 or 0.2, as strictly as {@link parseBundle} reads a bundle.
 *
 * Keys and certificates are kept as they are and parsed when they are first needed, so that one of a strange kind does
 * not cost all the others; so is a validity without a start, which whoever uses the key refuses. An operator is what
 * the root says, also where its version does not have the field yet; where it says none, the host name of the
 * instance, so that instances on one host count once and instances on several hosts are one only if the root says so.
 * Instances that name neither operator nor host are all one. One key is never of two operators: see
 * {@link mergeTrustRoots}.
 *
 * At most 4 MiB, 256 instances of each kind, 10 certificates each.
 *
 * @throws FormatError `ERR_TRUST_ROOT_INVALID` with the path of what is wrong; `ERR_LIMIT_EXCEEDED`.
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto
 */
export function parseTrustRoot(input: Uint8Array | string): TrustRoot {
  return readDocument(trustRootDocument, input, trustRoot);
}

/** `TimeRange` of sigstore_common.proto. */
export const validFor: Reader<ValidityPeriod> = (value, place) => {
  const { start, end } = message({ start: time, end: time })(value, place) ?? { start: undefined, end: undefined };
  return { start, end };
};

const keyDetails = enumeration({
  0: 'PUBLIC_KEY_DETAILS_UNSPECIFIED',
  5: 'PKIX_ECDSA_P256_SHA_256',
  7: 'PKIX_ED25519',
  8: 'PKIX_ED25519_PH',
  9: 'PKIX_RSA_PKCS1V15_2048_SHA256',
  10: 'PKIX_RSA_PKCS1V15_3072_SHA256',
  11: 'PKIX_RSA_PKCS1V15_4096_SHA256',
  12: 'PKIX_ECDSA_P384_SHA_384',
  13: 'PKIX_ECDSA_P521_SHA_512',
  16: 'PKIX_RSA_PSS_2048_SHA256',
  17: 'PKIX_RSA_PSS_3072_SHA256',
  18: 'PKIX_RSA_PSS_4096_SHA256',
  19: 'PKIX_ECDSA_P384_SHA_256',
  20: 'PKIX_ECDSA_P521_SHA_256',
});

const keyId = only('keyId', bytes);

const logMessage = required(
  message({
    baseUrl: text,
    hashAlgorithm,
    publicKey: required(message({ rawBytes: required(bytes), keyDetails, validFor })),
    logId: keyId,
    checkpointKeyId: keyId,
    operator: text,
  }),
);

const log: Reader<TransparencyLog> = (value, place) => {
  const { baseUrl, publicKey, operator, ...read } = logMessage(value, place);
  const checkpointKeyId = notEmpty(read.checkpointKeyId);
  // The field is on its way out, and those who fill it for Rekor v2 give it the same value.
  const logId = notEmpty(read.logId) ?? checkpointKeyId;
  if (logId === undefined) throw invalid(inside(place, 'logId.keyId'), 'is missing');
  return {
    baseUrl,
    hashAlgorithm: read.hashAlgorithm,
    publicKey: { bytes: publicKey.rawBytes, details: publicKey.keyDetails, validFor: publicKey.validFor },
    logId,
    checkpointKeyId,
    operator: operator || hostOf(baseUrl),
  };
};

function notEmpty<T extends Uint8Array>(value: T | undefined): T | undefined {
  return value?.length === 0 ? undefined : value;
}

/** The host name of a URL, which may lack its scheme. */
export function hostOf(url: string): string {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(url) ? url : `https://${url}`;
  if (!URL.canParse(whole)) return url;
  const { hostname } = new URL(whole);
  // Chromium takes a space in a host, and writes it so; nothing else does.
  return hostname.includes('%') ? url : hostname;
}

const certificates = required(list(required(only('rawBytes', required(bytes))), maxCertificates));

const authorityMessage = required(
  message({
    subject: message({ organization: text, commonName: text }),
    uri: text,
    certChain: required(only('certificates', certificates)),
    validFor,
    operator: text,
  }),
);

const authority: Reader<CertificateAuthority> = (value, place) => {
  const { uri, certChain, validFor: period, operator } = authorityMessage(value, place);
  return {
    uri,
    certificates: certChain,
    validFor: period,
    operator: operator || hostOf(uri),
  };
};

const trustRootMessage = required(
  message({
    mediaType,
    tlogs: list(log, maxInstances),
    certificateAuthorities: list(authority, maxInstances),
    ctlogs: list(log, maxInstances),
    timestampAuthorities: list(authority, maxInstances),
  }),
);

/** Reads a root inside of another document too. */
export const trustRoot: Reader<TrustRoot> = (value, place) => {
  const { certificateAuthorities, timestampAuthorities, tlogs, ctlogs } = trustRootMessage(value, place);
  return mergeTrustRoots({ logs: tlogs, ctLogs: ctlogs, certificateAuthorities, timestampAuthorities });
};
