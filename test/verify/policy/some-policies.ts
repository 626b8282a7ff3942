/** A key that nobody has. */
export const somePem = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExRRST79+PsrRBnGAI4cMu6Omz2Jh
fwlMW+gIutNKVRaMyS4rQKvgngc5p8UbLj55pVHhIoAxi/SRgURZI0J3Xw==
-----END PUBLIC KEY-----
`;

const identity = { identity: 'dev@example.com', issuer: 'https://login.example' };

/** A policy of one identity, with something else in it. */
export function somePolicy(rest: object = {}): object {
  return { version: 1, signers: { anyOf: [identity] }, ...rest };
}

const signedBy = (...anyOf: readonly unknown[]): object => ({ version: 1, signers: { anyOf } });
const stating = (rule: object): object => somePolicy({ predicates: [{ type: 'https://example.com/t', ...rule }] });
const hex = 'ab'.repeat(32);

/** Policies that are good, each for something else. */
export const goodPolicies: readonly (readonly [what: string, policy: unknown])[] = [
  ['an identity', somePolicy()],
  ['a pattern', signedBy({ ...identity, identity: { pattern: String.raw`[^@]+@example\.com` } })],
  ['an extension by name', signedBy({ ...identity, extensions: { sourceRepositoryURI: 'https://example.com/r' } })],
  ['an extension by number', signedBy({ ...identity, extensions: { '1.3.6.1.4.1.57264.1.12': { pattern: '.+' } } })],
  ['an extension that nobody knows yet', signedBy({ ...identity, extensions: { '1.3.6.1.4.1.57264.1.99': 'x' } })],
  ['any identity', signedBy({ unsafeAnyIdentity: true })],
  ['a key', signedBy({ key: somePem })],
  [
    'a key with all that may be said of it',
    signedBy({
      key: somePem,
      hint: 'h',
      details: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2024-01-01T00:00:00Z', end: '2024-12-31T23:59:59.999+02:00' },
    }),
  ],
  ['a key that is good to a moment', signedBy({ key: somePem, validFor: { end: '2024-01-01T00:00:00Z' } })],
  [
    'two of three',
    { version: 1, signers: { threshold: 2, anyOf: [identity, { key: somePem }, { unsafeAnyIdentity: true }] } },
  ],
  ['a demand', somePolicy({ demand: { sct: 2, log: 32, time: 1, timestamp: 0 } })],
  ['no demand', somePolicy({ demand: { unsafeNoSct: true, unsafeNoLog: true, unsafeNoTime: true } })],
  ['a demand that is not waived', somePolicy({ demand: { sct: 1, unsafeNoSct: false } })],
  ['an empty demand', somePolicy({ demand: {} })],
  ['digests', somePolicy({ digests: [`sha256:${hex}`, `sha512:${hex}${hex}`] })],
  ['a type', stating({})],
  [
    'a provenance',
    stating({ builder: { pattern: '.+' }, source: 's', buildType: 'b', externalParameters: ['workflow'] }),
  ],
  ['a subject and members', stating({ subject: 'pkg:npm/a@1', members: { name: 'a', version: { pattern: '1.*' } } })],
  ['any predicate', somePolicy({ predicates: [{ unsafeAnyPredicate: true }] })],
];

/** Policies that are bad, each for one reason. */
export const badPolicies: readonly (readonly [what: string, policy: unknown, path: string])[] = [
  ['nothing', null, ''],
  ['a list', [], ''],
  ['a number', 1, ''],
  ['no version', { signers: { anyOf: [identity] } }, 'version'],
  ['another version', { ...somePolicy(), version: 2 }, 'version'],
  ['a version in words', { ...somePolicy(), version: '1' }, 'version'],
  ['no signers', { version: 1 }, 'signers'],
  ['signers that are a list', { version: 1, signers: [identity] }, 'signers'],
  ['no signer', signedBy(), 'signers.anyOf'],
  ['too many signers', signedBy(...Array.from({ length: 1001 }, () => identity)), 'signers.anyOf'],
  ['an empty rule', signedBy({}), 'signers.anyOf.0.identity'],
  ['a rule that is a text', signedBy('dev@example.com'), 'signers.anyOf.0'],
  ['an unknown member', somePolicy({ predicate: [] }), ''],
  ['an unknown member of a demand', somePolicy({ demand: { scts: 1 } }), 'demand'],
  ['an unknown member of signers', { version: 1, signers: { anyOf: [identity], all: true } }, 'signers'],
  ['an identity without an issuer', signedBy({ identity: 'dev@example.com' }), 'signers.anyOf.0.issuer'],
  ['an issuer without an identity', signedBy({ issuer: 'https://login.example' }), 'signers.anyOf.0.identity'],
  ['an empty identity', signedBy({ ...identity, identity: '' }), 'signers.anyOf.0.identity'],
  ['an identity that is too long', signedBy({ ...identity, identity: 'a'.repeat(2049) }), 'signers.anyOf.0.identity'],
  ['an identity that is a number', signedBy({ ...identity, identity: 1 }), 'signers.anyOf.0.identity'],
  ['an empty pattern', signedBy({ ...identity, identity: { pattern: '' } }), 'signers.anyOf.0.identity.pattern'],
  [
    'a pattern that is too long',
    signedBy({ ...identity, identity: { pattern: 'a'.repeat(1025) } }),
    'signers.anyOf.0.identity.pattern',
  ],
  [
    'a pattern with flags',
    signedBy({ ...identity, identity: { pattern: 'a', flags: 'i' } }),
    'signers.anyOf.0.identity',
  ],
  ['no extension', signedBy({ ...identity, extensions: {} }), 'signers.anyOf.0.extensions'],
  [
    'an extension of another arc',
    signedBy({ ...identity, extensions: { '1.2.3': 'x' } }),
    'signers.anyOf.0.extensions.1.2.3',
  ],
  ['an identity and any identity', signedBy({ ...identity, unsafeAnyIdentity: true }), 'signers.anyOf.0'],
  ['any identity, but not', signedBy({ unsafeAnyIdentity: false }), 'signers.anyOf.0.unsafeAnyIdentity'],
  ['a key and an identity', signedBy({ key: somePem, ...identity }), 'signers.anyOf.0'],
  ['a period without an end and a start', signedBy({ key: somePem, validFor: {} }), 'signers.anyOf.0.validFor'],
  ['a period in words', signedBy({ key: somePem, validFor: { start: 'yesterday' } }), 'signers.anyOf.0.validFor.start'],
  [
    'a time without a zone',
    signedBy({ key: somePem, validFor: { start: '2024-01-01T00:00:00' } }),
    'signers.anyOf.0.validFor.start',
  ],
  ['a threshold of 0', { version: 1, signers: { threshold: 0, anyOf: [identity] } }, 'signers.threshold'],
  ['a threshold of 1.5', { version: 1, signers: { threshold: 1.5, anyOf: [identity] } }, 'signers.threshold'],
  ['a threshold in words', { version: 1, signers: { threshold: '2', anyOf: [identity] } }, 'signers.threshold'],
  ['a demand of 0', somePolicy({ demand: { log: 0 } }), 'demand.log'],
  ['a demand of 33', somePolicy({ demand: { time: 33 } }), 'demand.time'],
  ['a negative demand', somePolicy({ demand: { timestamp: -1 } }), 'demand.timestamp'],
  ['a waiver in words', somePolicy({ demand: { unsafeNoLog: 'true' } }), 'demand.unsafeNoLog'],
  ['a demand for some and for none', somePolicy({ demand: { time: 1, unsafeNoTime: true } }), 'demand'],
  ['no predicate', somePolicy({ predicates: [] }), 'predicates'],
  ['a predicate without a type', somePolicy({ predicates: [{ builder: 'b' }] }), 'predicates.0.type'],
  ['no external parameter', stating({ externalParameters: [] }), 'predicates.0.externalParameters'],
  ['no member', stating({ members: {} }), 'predicates.0.members'],
  ['no digest', somePolicy({ digests: [] }), 'digests'],
  ['a digest in capitals', somePolicy({ digests: [`sha256:${hex.toUpperCase()}`] }), 'digests.0'],
  ['a weak digest', somePolicy({ digests: [`sha1:${'ab'.repeat(20)}`] }), 'digests.0'],
];

/** Policies that are bad in what a schema cannot say. */
export const wrongPolicies: readonly (readonly [what: string, policy: unknown, path: string])[] = [
  ['a pattern that is none', signedBy({ ...identity, identity: { pattern: '(' } }), 'signers.anyOf.0.identity.pattern'],
  [
    'a pattern that would break out',
    signedBy({ ...identity, identity: { pattern: 'a)|(?:b' } }),
    'signers.anyOf.0.identity.pattern',
  ],
  [
    'an extension that is misspelt',
    signedBy({ ...identity, extensions: { sourceRepositoryUri: 'x' } }),
    'signers.anyOf.0.extensions.sourceRepositoryUri',
  ],
  [
    'the issuer as an extension',
    signedBy({ ...identity, extensions: { '1.3.6.1.4.1.57264.1.8': 'x' } }),
    'signers.anyOf.0.extensions.1.3.6.1.4.1.57264.1.8',
  ],
  ['a key that is none', signedBy({ key: 'ssh-ed25519 AAAA' }), 'signers.anyOf.0.key'],
  ['details of another key', signedBy({ key: somePem, details: 'PKIX_ED25519' }), 'signers.anyOf.0.key'],
  [
    'a day that does not exist',
    signedBy({ key: somePem, validFor: { end: '2023-02-29T00:00:00Z' } }),
    'signers.anyOf.0.validFor.end',
  ],
  [
    'a period that ends before it starts',
    signedBy({ key: somePem, validFor: { start: '2024-01-01T00:00:00Z', end: '2023-01-01T00:00:00Z' } }),
    'signers.anyOf.0.validFor',
  ],
  ['certificate timestamps of keys', { ...signedBy({ key: somePem }), demand: { sct: 1 } }, 'demand.sct'],
  ['a lone surrogate', signedBy({ ...identity, identity: '\ud800' }), 'signers.anyOf.0.identity'],
];
