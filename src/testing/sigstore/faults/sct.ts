import { derOctetString } from '../../../bytes/der-writer.ts';
import { oids } from '../certificate-extensions.ts';
import type { SctTemplate } from '../ct-log.ts';
import { lastBitTurned } from '../document-edit.ts';
import type { Edits } from '../edits.ts';
import { faultsOf, type Fault } from '../fault.ts';
import type { GoodBundleName } from '../good-bundles.ts';

const certified: readonly GoodBundleName[] = ['message', 'message of Rekor v2', 'statement'];
const one: readonly GoodBundleName[] = ['message'];

const day = 86_400_000;

/** Changes every timestamp before it is signed. */
function each(change: (sct: SctTemplate) => Partial<SctTemplate>): Edits {
  return { scts: (list) => list.map((sct) => ({ ...sct, ...change(sct) })) };
}

/** Writes these octets in place of the list. */
function list(...octets: readonly number[]): Edits {
  const extension = { oid: oids.sct, value: derOctetString(Uint8Array.from(octets)) };
  return { leaf: (template) => ({ ...template, extensions: [...template.extensions, extension] }), scts: () => [] };
}

/** Certificates that no CT log published, or not this one. */
export const sctFaults: readonly Fault[] = /* @__PURE__ */ faultsOf('certificates', {
  'sct-missing': ['No CT log gave a timestamp.', certified, { scts: () => [] }],
  'sct-of-another-certificate': [
    'The timestamp of the CT log is of another certificate.',
    certified,
    each(({ tbs }) => ({ tbs: lastBitTurned(tbs) })),
  ],
  'sct-of-another-issuer': [
    'The timestamp of the CT log is of a certificate of another issuer.',
    certified,
    each(({ key }) => ({ issuerPublicKey: key.publicKey })),
  ],
  'second-sct-wrong': [
    'One timestamp of a CT log is good, the other one is of another certificate.',
    ['message of two operators'],
    { scts: (scts) => scts.map((sct, index) => (index === 0 ? sct : { ...sct, tbs: lastBitTurned(sct.tbs) })) },
  ],
  'sct-with-other-extensions': [
    'The timestamp of the CT log has extensions that were not signed.',
    ['message', 'message of SCT extensions'],
    each(() => ({ writtenExtensions: Uint8Array.of(0, 0, 1, 9) })),
  ],
  'sct-before-the-log': [
    'The timestamp of the CT log is of a time when its key had not begun.',
    certified,
    each(({ timestamp }) => ({ timestamp: timestamp - 800 * day })),
  ],
  'sct-list-empty': ['The certificate has an empty list of timestamps of CT logs.', one, list(0, 0)],
  'sct-list-malformed': ['The list of timestamps of CT logs says that it is longer than it is.', one, list(0, 9, 1)],
});
