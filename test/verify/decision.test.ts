import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/digest/digest.ts';
import type { SignOptions } from '../../src/testing/sigstore/sign-options.ts';
import type { Policy, SignerRule } from '../../src/verify/policy.ts';
import { signed, signerPem, stating, subject, testArtifact, trust, verdictOn, workflow } from './some-evidence.ts';

type Row = readonly [what: string, sign: SignOptions, policy: Partial<Policy>, outcome: string];

const message: SignOptions = {
  artifact: testArtifact,
  extensions: { sourceRepositoryURI: 'https://github.com/example/project' },
};
const by = (...anyOf: SignerRule[]): Partial<Policy> => ({ signers: { anyOf } });
const keyed: SignOptions = { artifact: testArtifact, signer: 'key' };

const signers: readonly Row[] = [
  ['its identity', message, {}, 'passed'],
  ['another identity', message, by({ ...workflow, identity: `${workflow.identity}.0` }), 'ERR_IDENTITY_MISMATCH'],
  [
    'a part of the identity',
    message,
    by({ ...workflow, identity: 'https://github.com/example/' }),
    'ERR_IDENTITY_MISMATCH',
  ],
  [
    'a pattern of the whole identity',
    message,
    by({ ...workflow, identity: { pattern: 'https://github\\.com/example/.+' } }),
    'passed',
  ],
  [
    'a pattern of a part',
    message,
    by({ ...workflow, identity: { pattern: 'https://github\\.com/example/' } }),
    'ERR_IDENTITY_MISMATCH',
  ],
  [
    'another issuer',
    message,
    by({ ...workflow, issuer: 'https://token.actions.githubusercontent.com.example' }),
    'ERR_IDENTITY_MISMATCH',
  ],
  [
    'its extension',
    message,
    by({ ...workflow, extensions: { sourceRepositoryURI: 'https://github.com/example/project' } }),
    'passed',
  ],
  [
    'its extension by number',
    message,
    by({ ...workflow, extensions: { '1.3.6.1.4.1.57264.1.12': 'https://github.com/example/project' } }),
    'passed',
  ],
  [
    'another extension',
    message,
    by({ ...workflow, extensions: { sourceRepositoryURI: 'https://github.com/example/fork' } }),
    'ERR_IDENTITY_MISMATCH',
  ],
  [
    'an extension that it has not',
    message,
    by({ ...workflow, extensions: { runnerEnvironment: { pattern: '.*' } } }),
    'ERR_IDENTITY_MISMATCH',
  ],
  [
    'somebody else or it',
    message,
    by({ identity: 'dev@example.com', issuer: 'https://login.example' }, workflow),
    'passed',
  ],
  ['any identity', message, by({ unsafeAnyIdentity: true }), 'passed'],
  ['a key', message, by({ key: signerPem }), 'ERR_KEY_MISMATCH'],
  ['its key', keyed, by({ key: signerPem }), 'passed'],
  ['an identity and no key', keyed, {}, 'ERR_KEY_MISMATCH'],
  ['any identity and no key', keyed, by({ unsafeAnyIdentity: true }), 'ERR_KEY_MISMATCH'],
  ['its hint', { ...keyed, hint: 'k1' }, by({ key: signerPem, hint: 'k1' }), 'passed'],
  ['another hint', { ...keyed, hint: 'k1' }, by({ key: signerPem, hint: 'k2' }), 'ERR_KEY_MISMATCH'],
  [
    'a period in which the key was good',
    keyed,
    by({ key: signerPem, validFor: { start: '2024-12-31T00:00:00Z', end: '2025-01-02T00:00:00Z' } }),
    'passed',
  ],
  [
    'a period that had not begun',
    keyed,
    by({ key: signerPem, validFor: { start: '2025-01-02T00:00:00Z' } }),
    'ERR_KEY_MISMATCH',
  ],
  [
    'a period that was over',
    keyed,
    by({ key: signerPem, validFor: { end: '2024-12-31T00:00:00Z' } }),
    'ERR_KEY_MISMATCH',
  ],
  [
    'one of two periods',
    keyed,
    by(
      { key: signerPem, validFor: { end: '2024-12-31T00:00:00Z' } },
      { key: signerPem, validFor: { start: '2024-12-31T00:00:00Z' } },
    ),
    'passed',
  ],
  [
    'a period, where no time is proven',
    { ...keyed, logs: [], timestamps: 0 },
    by({ key: signerPem, validFor: { start: '2000-01-01T00:00:00Z' } }),
    'ERR_TIMESTAMP_MISSING',
  ],
];

const two: SignOptions = { ...message, logs: ['v1', 'v1'], timestamps: 2, scts: 2 };
const bare: SignOptions = { ...message, logs: [], timestamps: 0 };
const keyOnly = by({ key: signerPem });

const demands: readonly Row[] = [
  ['one of each by default', bare, {}, 'ERR_TIMESTAMP_MISSING'],
  ['a log by default', { ...bare, timestamps: 1 }, {}, 'ERR_LOG_MISSING'],
  ['a certificate timestamp by default', { ...message, scts: 0 }, {}, 'ERR_SCT_MISSING'],
  ['no log aloud', { ...bare, timestamps: 1 }, { demand: { unsafeNoLog: true } }, 'passed'],
  ['no certificate timestamp aloud', { ...message, scts: 0 }, { demand: { unsafeNoSct: true } }, 'passed'],
  ['a log in spite of false', { ...bare, timestamps: 1 }, { demand: { unsafeNoLog: false } }, 'ERR_LOG_MISSING'],
  ['two logs', two, { demand: { log: 2 } }, 'passed'],
  ['two logs of one', message, { demand: { log: 2 } }, 'ERR_LOG_MISSING'],
  ['two certificate timestamps', two, { demand: { sct: 2 } }, 'passed'],
  ['two certificate timestamps of one', message, { demand: { sct: 2 } }, 'ERR_SCT_MISSING'],
  ['two timestamps', two, { demand: { timestamp: 2 } }, 'passed'],
  ['a timestamp of a log', message, { demand: { timestamp: 1 } }, 'ERR_TIMESTAMP_MISSING'],
  ['two timestamps of one', { ...message, timestamps: 1 }, { demand: { timestamp: 2 } }, 'ERR_TIMESTAMP_MISSING'],
  ['two times', two, { demand: { time: 2 } }, 'passed'],
  [
    'two times, by the log and the authority of one operator',
    { ...message, timestamps: 1 },
    { demand: { time: 2 } },
    'ERR_TIMESTAMP_MISSING',
  ],
  ['two times of one', message, { demand: { time: 2 } }, 'ERR_TIMESTAMP_MISSING'],
  ['nothing of a key', { ...keyed, logs: [], timestamps: 0 }, keyOnly, 'passed'],
  ['a log of a key', keyed, { ...keyOnly, demand: { log: 1 } }, 'passed'],
  [
    'a log of a key without',
    { ...keyed, logs: [], timestamps: 0 },
    { ...keyOnly, demand: { log: 1 } },
    'ERR_LOG_MISSING',
  ],
  [
    'a time of a key without',
    { ...keyed, logs: [], timestamps: 0 },
    { ...keyOnly, demand: { time: 1 } },
    'ERR_TIMESTAMP_MISSING',
  ],
];

const signature = { statement: stating('https://sigstore.dev/cosign/sign/v1') };
const bill = { statement: stating('https://cyclonedx.org/bom') };
const wanting = (...types: string[]): Partial<Policy> => ({ predicates: types.map((type) => ({ type })) });

const statements: readonly Row[] = [
  ['a signature', message, {}, 'passed'],
  ['a statement that is a signature', signature, {}, 'passed'],
  ['another statement in place of a signature', bill, {}, 'ERR_PREDICATE_MISMATCH'],
  ['a statement of its type', bill, wanting('https://cyclonedx.org/bom'), 'passed'],
  ['one of two types', bill, wanting('https://spdx.dev/Document', 'https://cyclonedx.org/bom'), 'passed'],
  ['the beginning of its type', bill, wanting('https://cyclonedx.org/'), 'ERR_PREDICATE_MISMATCH'],
  ['a type, and there is a message', message, wanting('https://cyclonedx.org/bom'), 'ERR_PREDICATE_MISMATCH'],
  ['a type, and there is a signature', signature, wanting('https://cyclonedx.org/bom'), 'ERR_PREDICATE_MISMATCH'],
  ['any predicate', bill, { predicates: [{ unsafeAnyPredicate: true }] }, 'passed'],
  ['any predicate, and there is a message', message, { predicates: [{ unsafeAnyPredicate: true }] }, 'passed'],
  [
    'a subject by its name',
    bill,
    { predicates: [{ type: 'https://cyclonedx.org/bom', subject: 'artifact' }] },
    'passed',
  ],
  [
    'a subject by another name',
    bill,
    { predicates: [{ type: 'https://cyclonedx.org/bom', subject: 'other' }] },
    'ERR_SUBJECT_MISMATCH',
  ],
  [
    'a member',
    { statement: stating('t:t', { predicate: { name: 'a' } }) },
    { predicates: [{ type: 't:t', members: { name: 'a' } }] },
    'passed',
  ],
  [
    'another member',
    { statement: stating('t:t', { predicate: { name: 'b' } }) },
    { predicates: [{ type: 't:t', members: { name: 'a' } }] },
    'ERR_PREDICATE_MISMATCH',
  ],
  [
    'a member that is no text',
    { statement: stating('t:t', { predicate: { name: 1 } }) },
    { predicates: [{ type: 't:t', members: { name: '1' } }] },
    'ERR_PREDICATE_MISMATCH',
  ],
  [
    'a member that is inherited',
    { statement: stating('t:t') },
    { predicates: [{ type: 't:t', members: { toString: { pattern: '.*' } } }] },
    'ERR_PREDICATE_MISMATCH',
  ],
];

const about = (...subjects: object[]): SignOptions => ({
  statement: stating('https://sigstore.dev/cosign/sign/v1', { subject: subjects as never }),
});
const { sha256 } = subject.digest;
const other = 'ab'.repeat(32);
const sha512 = digestOf(testArtifact, 'sha512').slice(7);

const subjects: readonly Row[] = [
  ['itself', about(subject), {}, 'passed'],
  ['something else', about({ digest: { sha256: other } }), {}, 'ERR_SUBJECT_MISMATCH'],
  ['itself among others', about({ digest: { sha256: other } }, subject), {}, 'passed'],
  ['itself by another algorithm', about({ digest: { sha512 } }), {}, 'passed'],
  ['itself by two algorithms', about({ digest: { sha256, sha512 } }), {}, 'passed'],
  [
    'itself by one algorithm, and something else by another',
    about({ digest: { sha256, sha512: other + other } }),
    {},
    'ERR_SUBJECT_MISMATCH',
  ],
  ['a weak digest alone', about({ digest: { sha1: 'ab'.repeat(20) } }), {}, 'ERR_SUBJECT_MISMATCH'],
  ['itself, with a weak digest beside it', about({ digest: { sha256, sha1: 'ab'.repeat(20) } }), {}, 'passed'],
  [
    'its digest under the name of another algorithm',
    about({ digest: { sha3_256: sha256 } }),
    {},
    'ERR_SUBJECT_MISMATCH',
  ],
  ['its name with another digest', about({ name: 'artifact', digest: { sha256: other } }), {}, 'ERR_SUBJECT_MISMATCH'],
  ['itself, which the policy names', message, { digests: [`sha256:${other}`, digestOf(testArtifact)] }, 'passed'],
  ['itself, which the policy names by another algorithm', message, { digests: [`sha512:${sha512}`] }, 'passed'],
  ['itself, and the policy names something else', message, { digests: [`sha256:${other}`] }, 'ERR_SUBJECT_MISMATCH'],
  [
    'itself in a statement, and the policy names something else',
    about(subject),
    { digests: [`sha256:${other}`] },
    'ERR_SUBJECT_MISMATCH',
  ],
];

describe.each([
  ['the signer is asked to be', signers],
  ['evidence is demanded:', demands],
  ['what is stated is asked to be', statements],
  ['the bundle is about', subjects],
])('%s', (_group, rows) => {
  it.each(rows)('%s', async (_what, sign, policy, outcome) => {
    expect(await verdictOn(await signed(sign), policy)).toBe(outcome);
  });
});

describe('a policy that asks for no time', () => {
  const policy: Partial<Policy> = { demand: { unsafeNoTime: true, unsafeNoLog: true } };
  const begin = Date.UTC(2025, 0, 1);

  it.each([
    ['while the certificate is valid', begin + 1000, 'passed'],
    ['when it is over', begin + 3_600_000, 'ERR_CERTIFICATE_EXPIRED'],
    ['before it begins', begin - 3_600_000, 'ERR_CERTIFICATE_EXPIRED'],
  ])('asks the clock: %s', async (_when, now, outcome) => {
    expect(await verdictOn(await signed(bare), policy, { now })).toBe(outcome);
  });

  it('does not ask the clock where a time is proven', async () => {
    expect(await verdictOn(await signed(message), policy, { now: 0 })).toBe('passed');
  });
});

describe('a log whose key was good to the end of January', async () => {
  const validFor = { start: 0, end: Date.UTC(2025, 1, 1) };
  const logs = trust.logs.map((log) => ({ ...log, publicKey: { ...log.publicKey, validFor } }));
  const bundle = await signed({ artifact: testArtifact, signer: 'key', logs: ['v2'], timestamps: 0 });
  const verdictAt = (now: number, policy: Partial<Policy>): Promise<string> =>
    verdictOn(bundle, { ...keyOnly, ...policy }, { trust: { ...trust, logs }, now });

  it('is believed in January where it is demanded and no time is proven', async () => {
    expect(await verdictAt(Date.UTC(2025, 0, 2), { demand: { log: 1 } })).toBe('passed');
    expect(await verdictAt(Date.UTC(2025, 2, 1), { demand: { log: 1 } })).toBe('ERR_LOG_ENTRY_INVALID');
  });

  it('does no harm later where it is not demanded', async () => {
    expect(await verdictAt(Date.UTC(2025, 2, 1), {})).toBe('passed');
  });
});
