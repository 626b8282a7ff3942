import { utf8 } from '../../../bytes/encoding.ts';
import { changeAt, changeBytes, lastBitTurned, setAt } from '../document-edit.ts';
import type { WorkshopEdit } from '../edits.ts';
import { faultsOf, type Fault } from '../fault.ts';
import { testArtifact, type GoodBundleName } from '../good-bundles.ts';
import { hashOf } from '../hash-of.ts';
import { concatBytes } from '../../../bytes/stream.ts';
import type { LogBodyTemplate } from '../log-body.ts';

const every: readonly GoodBundleName[] = [
  'message',
  'message 0.1',
  'message of Rekor v2',
  'message of a key',
  'message of a key of Rekor v2',
  'statement',
  'statement 0.2 of intoto',
  'statement of Rekor v2',
  'statement of a key',
];

const otherBytes = /* @__PURE__ */ utf8('something else that was signed once');
const messages: readonly GoodBundleName[] = ['message', 'message of Rekor v2', 'message of a key'];
const certified: readonly GoodBundleName[] = ['message', 'message of Rekor v2', 'statement'];

const entries = 'verificationMaterial.tlogEntries';
const entry = `${entries}.0`;

type EntryEdit = WorkshopEdit<LogBodyTemplate>;

const withOtherContent: EntryEdit = async (template) => ({
  ...template,
  digest: await hashOf(otherBytes, template.digestAlgorithm),
  envelope: template.envelope && { ...template.envelope, payload: otherBytes },
});

const withOtherSignature: EntryEdit = async (template, { keys }) => ({
  ...template,
  signature: await keys.signer.sign(otherBytes),
});

const withOtherKey: EntryEdit = async (template, { keys, otherCertificate }) => {
  const der = template.verifier.kind === 'key' ? keys.stranger.publicKey : await otherCertificate();
  return { ...template, verifier: { ...template.verifier, der } };
};

/** The same key as a bundle's certificate has, without that. */
const withBareKey: EntryEdit = (template, { keys }) => ({
  ...template,
  verifier: { ...template.verifier, kind: 'key', der: keys.signer.publicKey },
});

const withOtherHash: EntryEdit = async (template) => ({
  ...template,
  digest: await hashOf(testArtifact, 'sha512'),
  digestAlgorithm: 'sha512',
});

const withBoth: EntryEdit = async (template, workshop) =>
  withOtherSignature(await withOtherContent(template, workshop), workshop);

/** Entries that a log really holds, about something else. */
export const logBindingFaults: readonly Fault[] = /* @__PURE__ */ faultsOf('log binding', {
  'entry-of-another-artifact': [
    'The log entry is about another artifact that the same signer signed.',
    every,
    { entry: withBoth },
    ['GHSA-whqx-f9j3-ch6m', 'GHSA-ccxc-vr6p-4858', 'GHSA-8gw7-4j42-w388', 'GHSA-8pmp-678w-c8xx'],
  ],
  'entry-with-another-digest': [
    'The log entry has this signature beside the digest of something else.',
    every,
    { entry: withOtherContent },
    ['GHSA-whqx-f9j3-ch6m'],
  ],
  'entry-with-another-signature': [
    'The log entry is about this artifact, but has another signature.',
    every,
    { entry: withOtherSignature },
    ['GHSA-whqx-f9j3-ch6m'],
  ],
  'entry-with-another-key': [
    'The log entry has this signature over this artifact, but says that another key made it.',
    every,
    { entry: withOtherKey },
    ['GHSA-whqx-f9j3-ch6m'],
  ],
  'entry-with-the-bare-key': [
    'The log entry has the key of the certificate, and not the certificate that says whose it is.',
    certified,
    { entry: withBareKey },
  ],
  'entry-with-another-hash': [
    'The log entry has a digest of the artifact by another hash than the signature is made with.',
    messages,
    { entry: withOtherHash },
  ],
  'second-entry-wrong': [
    'One log entry is good, the other one is changed.',
    ['message of two operators'],
    { bundle: changeBytes(`${entries}.1.canonicalizedBody`, lastBitTurned) },
  ],
  'entry-of-another-kind': [
    'The bundle says another kind than the log entry has.',
    every,
    { bundle: changeAt(`${entry}.kindVersion.kind`, (kind) => (kind === 'hashedrekord' ? 'dsse' : 'hashedrekord')) },
  ],
  'entry-of-another-version': [
    'The bundle says another version than the log entry has.',
    every,
    { bundle: changeAt(`${entry}.kindVersion.version`, (version) => (version === '0.0.1' ? '0.0.2' : '0.0.1')) },
  ],
  'entry-of-an-unknown-kind': [
    'The bundle says a kind of log entry that there is none of.',
    every,
    { bundle: setAt(`${entry}.kindVersion.kind`, 'alpine') },
  ],
  'entry-changed': [
    'The log entry has one more byte than the log holds.',
    every,
    { bundle: changeBytes(`${entry}.canonicalizedBody`, (body) => concatBytes([body, utf8(' ')])) },
  ],
});
