import { changed, type Document } from './change-document.ts';

/** A bundle of version 0.3 in JSON, with a certificate and a message signature. */
export const someBundle: Document = {
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: {
    certificate: { rawBytes: 'MIIB' },
    tlogEntries: [
      {
        logIndex: '9007199254740993',
        logId: { keyId: 'wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0=' },
        kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
        integratedTime: '1689177396',
        inclusionPromise: { signedEntryTimestamp: 'MEUC' },
        inclusionProof: {
          logIndex: '25',
          rootHash: 'AAAA',
          treeSize: '26',
          hashes: ['BBBB', 'CCCC'],
          checkpoint: { envelope: 'rekor.example\n26\nAAAA\n' },
        },
        canonicalizedBody: 'e30=',
      },
    ],
    timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: 'MIIC' }] },
  },
  messageSignature: {
    messageDigest: { algorithm: 'SHA2_256', digest: 'oM+RjDqRFyEdhEKQUAPYCkNW+KMFDDzs5hnYKL5JtXk=' },
    signature: 'MEQC',
  },
};

/** The same with an envelope. */
export const someDsseBundle: Document = {
  ...changed(someBundle, 'messageSignature', undefined),
  dsseEnvelope: {
    payload: 'e30=',
    payloadType: 'application/vnd.in-toto+json',
    signatures: [{ sig: 'MEUC', keyid: '' }],
  },
};

/** A bundle of version 0.1 in JSON, with a chain. */
export const someOldBundle: Document = {
  ...someBundle,
  mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
  verificationMaterial: {
    ...(someBundle['verificationMaterial'] as Document),
    certificate: null,
    x509CertificateChain: { certificates: [{ rawBytes: 'MIIB' }, { rawBytes: 'MIIC' }] },
  },
};

/** A bundle whose key is named by a hint. */
export const someKeyBundle: Document = {
  ...someDsseBundle,
  verificationMaterial: {
    ...(someBundle['verificationMaterial'] as Document),
    certificate: null,
    publicKey: { hint: 'a hint' },
  },
};

const someLog = {
  baseUrl: 'https://rekor.example',
  hashAlgorithm: 'SHA2_256',
  publicKey: {
    rawBytes: 'MFkw',
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    validFor: { start: '2021-01-12T11:53:27Z', end: '2030-01-01T00:00:00.5Z' },
  },
  logId: { keyId: 'wNI9' },
};

const someAuthority = {
  subject: { organization: 'example', commonName: 'ca' },
  uri: 'https://fulcio.example',
  certChain: { certificates: [{ rawBytes: 'MIIB' }, { rawBytes: 'MIIC' }] },
  validFor: { start: '2022-04-13T20:06:15.000Z' },
};

/** A trust root of version 0.1 in JSON, with one of each. */
export const someTrustRoot: Document = {
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  tlogs: [someLog],
  ctlogs: [{ ...someLog, baseUrl: 'https://ct.example/2022', logId: { keyId: '3T0w' } }],
  certificateAuthorities: [someAuthority],
  timestampAuthorities: [{ ...someAuthority, uri: 'https://tsa.example/api/v1/timestamp' }],
};

const someService = {
  url: 'https://fulcio.example',
  majorApiVersion: 1,
  validFor: { start: '2023-04-14T21:38:40Z' },
  operator: 'example',
};

/** A signing config of version 0.2 in JSON. */
export const someSigningConfig: Document = {
  mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
  caUrls: [someService],
  oidcUrls: [{ ...someService, url: 'https://oidc.example/auth' }],
  rekorTlogUrls: [{ ...someService, url: 'https://log.example', majorApiVersion: 2 }],
  rekorTlogConfig: { selector: 'ANY' },
  tsaUrls: [{ ...someService, url: 'https://tsa.example/api/v1/timestamp' }],
  tsaConfig: { selector: 'EXACT', count: 1 },
};

/** A statement in JSON. */
export const someStatement: Document = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'a.txt', digest: { sha256: 'ab'.repeat(32) } }],
  predicateType: 'https://example.org/predicate/v1',
  predicate: { said: true },
};
