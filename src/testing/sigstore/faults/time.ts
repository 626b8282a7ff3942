import { utf8 } from '../../../bytes/encoding.ts';
import { extendedKeyUsage, keyUsage, nameDer, oids } from '../certificate-extensions.ts';
import { certificateOf, withExtension, type CertificateTemplate } from '../certificate-template.ts';
import { changeAt, inOrder, removeAt, setAt } from '../document-edit.ts';
import type { Edit, Edits, Workshop } from '../edits.ts';
import { faultsOf, type Fault } from '../fault.ts';
import type { GoodBundleName } from '../good-bundles.ts';
import type { TimestampTemplate } from '../timestamp-authority.ts';

const stamped: readonly GoodBundleName[] = ['message of Rekor v2', 'message without log', 'statement of Rekor v2'];
const stampedAsWell: readonly GoodBundleName[] = [...stamped, 'message stamped'];
const notEmbedded: readonly GoodBundleName[] = ['message cosigned'];
const twofold: readonly GoodBundleName[] = ['message of two operators'];
const dated: readonly GoodBundleName[] = ['message', 'message 0.1', 'statement'];
const ofRekor2: readonly GoodBundleName[] = ['message of Rekor v2', 'message of a key of Rekor v2'];

const entry = 'verificationMaterial.tlogEntries.0';
const timestamps = 'verificationMaterial.timestampVerificationData';
const minute = 60_000;
const day = 1440 * minute;

/** Changes every timestamp before it is signed. */
function each(change: (template: TimestampTemplate, workshop: Workshop) => Partial<TimestampTemplate>): Edits {
  return { timestamps: (list, workshop) => list.map((template) => ({ ...template, ...change(template, workshop) })) };
}

/** Changes the second timestamp, beside a good first one. */
function second(change: (template: TimestampTemplate) => Partial<TimestampTemplate>): Edits {
  return { timestamps: ([one, two]) => (one && two ? [one, { ...two, ...change(two) }] : []) };
}

function purpose(change: Parameters<typeof withExtension>[2]): { readonly timestampLeaf: Edit<CertificateTemplate> } {
  return { timestampLeaf: (template) => withExtension(template, oids.extendedKeyUsage, change) };
}

const ended: Edit<CertificateTemplate> = (template) => ({ ...template, notAfter: template.notBefore + day });

/** A certificate of the same authority that may sign code, and signs timestamps beside the one that may. */
async function bySignerOfCode(template: TimestampTemplate, { keys }: Workshop): Promise<TimestampTemplate> {
  const { signer } = template;
  const serial = Uint8Array.of(0x51);
  const certificate = await certificateOf(
    {
      serial,
      issuer: signer.issuerName,
      subject: nameDer('one.example', 'code'),
      notBefore: template.genTime - day,
      notAfter: template.genTime + day,
      publicKey: keys.stranger.publicKey,
      extensions: [keyUsage(0), extendedKeyUsage([oids.codeSigning])],
    },
    keys.timestampIssuer,
  );
  return {
    ...template,
    embedded: [signer.certificate, certificate],
    signer: { ...signer, key: keys.stranger, certificate, serial },
    boundTo: certificate,
  };
}

/** Times that nobody proved, or that were proven of something else or by somebody who may not. */
export const timeFaults: readonly Fault[] = /* @__PURE__ */ faultsOf('time', {
  'integrated-time-without-promise': [
    'The time of the log entry has no promise that would authenticate it.',
    ['message', 'message 0.2', 'statement'],
    { bundle: removeAt(`${entry}.inclusionPromise`) },
    ['TOB-SIGSTORE-3'],
  ],
  'integrated-time-changed': [
    'The time of the log entry is another than was promised.',
    dated,
    { bundle: changeAt(`${entry}.integratedTime`, (time) => `${Number(time) + 60}`) },
  ],
  'integrated-time-in-rekor-v2': [
    'A log that gives no time is said to give one, and nothing else does.',
    ofRekor2,
    { bundle: inOrder(removeAt(timestamps), setAt(`${entry}.integratedTime`, '1735689601')) },
  ],
  'no-timestamp': ['Nothing tells the time.', stamped, { bundle: removeAt(timestamps) }],
  'second-time-outside-certificate': [
    'One timestamp is good, the other one is of a time when the certificate had ended.',
    twofold,
    second(({ genTime }) => ({ genTime: genTime + 20 * minute })),
    ['TOB-SIGSTORE-4'],
  ],
  'second-timestamp-wrong': [
    'One timestamp is good, the other one is over other bytes.',
    twofold,
    second(() => ({ imprintOf: utf8('other bytes') })),
    ['TOB-SIGSTORE-4'],
  ],
  'timestamp-after-certificate': [
    'The timestamp is of a time when the certificate had ended.',
    stampedAsWell,
    each(({ genTime }) => ({ genTime: genTime + 20 * minute })),
  ],
  'timestamp-before-certificate': [
    'The timestamp is of a time when the certificate had not begun.',
    stampedAsWell,
    each(({ genTime }) => ({ genTime: genTime - 20 * minute })),
  ],
  'timestamp-of-other-bytes': [
    'The timestamp is over other bytes than the signature.',
    stampedAsWell,
    each(() => ({ imprintOf: utf8('other bytes') })),
  ],
  'timestamp-by-another-key': [
    'Another key than that of the authority signed the timestamp.',
    [...stampedAsWell, ...notEmbedded],
    each(({ signer }, { keys }) => ({ signer: { ...signer, key: keys.stranger } })),
    ['GHSA-6qhv-4h7r-2g9m'],
  ],
  'timestamp-by-a-signer-of-code': [
    'A certificate of the authority that may not sign timestamps signed it, beside one that may.',
    stampedAsWell,
    { timestamps: (list, workshop) => Promise.all(list.map((template) => bySignerOfCode(template, workshop))) },
    ['GHSA-xm5m-wgh2-rrg3'],
  ],
  'timestamp-not-bound': [
    'The timestamp does not say which certificate it is signed with.',
    stampedAsWell,
    each(() => ({ boundTo: undefined })),
    ['GHSA-xm5m-wgh2-rrg3'],
  ],
  'timestamp-bound-to-another': [
    'The timestamp says that it is signed with another certificate.',
    [...stampedAsWell, ...notEmbedded],
    each(({ signer }) => ({ boundTo: signer.issuerName })),
    ['GHSA-xm5m-wgh2-rrg3'],
  ],
  'timestamp-purpose-other': [
    'The certificate of the timestamp is for another purpose.',
    stamped,
    purpose(() => extendedKeyUsage([oids.codeSigning], true)),
    ['GHSA-xm5m-wgh2-rrg3'],
  ],
  'timestamp-purpose-among-others': [
    'The certificate of the timestamp is for another purpose, too.',
    stamped,
    purpose(() => extendedKeyUsage([oids.timeStamping, oids.codeSigning], true)),
  ],
  'timestamp-purpose-not-critical': [
    'The purpose of the certificate of the timestamp is not critical.',
    stamped,
    purpose(() => extendedKeyUsage([oids.timeStamping])),
  ],
  'timestamp-purpose-missing': [
    'The certificate of the timestamp is for no purpose.',
    stamped,
    purpose(() => undefined),
  ],
  'timestamp-certificate-ended': [
    'The certificate of the timestamp had ended by the time that it tells.',
    [...stamped, ...notEmbedded],
    { timestampLeaf: ended },
  ],
  'timestamp-issuer-ended': [
    'The authority above the certificate of the timestamp had ended by the time that it tells.',
    stamped,
    { timestampIssuer: ended },
  ],
  'timestamp-refused': ['The timestamp authority refused.', stampedAsWell, each(() => ({ status: 2 }))],
  'timestamp-of-another-content': [
    'What the authority signed is no timestamp.',
    stampedAsWell,
    each(() => ({ contentType: '1.2.840.113549.1.7.1' })),
  ],
  'timestamp-digest-of-another-content': [
    'The authority signed the digest of another content.',
    stampedAsWell,
    each(() => ({ messageDigestOf: utf8('other content') })),
  ],
  'key-used-after-its-end': [
    'The key had ended when the timestamp was given.',
    ['message of a key of Rekor v2', 'statement of a key of Rekor v2'],
    { options: (options) => ({ ...options, timestampDelay: 90 * day }) },
    ['GHSA-wqqc-jjcq-vfxm'],
  ],
  'key-used-before-its-start': [
    'The key had not begun when the timestamp was given.',
    ['message of a key of Rekor v2', 'statement of a key of Rekor v2'],
    { options: (options) => ({ ...options, timestampDelay: -90 * day }) },
    ['GHSA-wqqc-jjcq-vfxm'],
  ],
  'issuer-ended': [
    'The authority above the certificate had ended, the certificate had not.',
    ['message', 'message without log', 'message of Rekor v2'],
    { issuer: ended },
    ['GHSA-wfqv-66vq-46rm'],
  ],
  'root-ended': ['The root had ended, the certificate had not.', ['message', 'message without log'], { root: ended }],
});
