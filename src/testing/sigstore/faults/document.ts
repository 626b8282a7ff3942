import { changeAt, removeAt, setAt } from '../document-edit.ts';
import type { Edits } from '../edits.ts';
import { faultsOf, type Fault } from '../fault.ts';
import type { GoodBundleName } from '../good-bundles.ts';

const both: readonly GoodBundleName[] = ['message', 'statement'];
const logIndex = 'verificationMaterial.tlogEntries.0.logIndex';

/** Changes the first place where a text stands. */
function text(from: string, to: string): Edits {
  return { text: (document) => document.replace(from, () => to) };
}

/** Documents that two parsers may read in two ways, or that are meant to exhaust one. */
export const documentFaults: readonly Fault[] = /* @__PURE__ */ faultsOf('content', {
  'member-twice': [
    'A member of the bundle stands there twice, with two values.',
    both,
    text('"mediaType":', '"mediaType":"application/vnd.dev.sigstore.bundle+json;version=0.1","mediaType":'),
  ],
  'member-twice-when-unescaped': [
    'A member of the bundle stands there twice, once written with an escape.',
    both,
    text('"mediaType":', '"media\\u0054ype":"application/vnd.dev.sigstore.bundle+json;version=0.1","mediaType":'),
  ],
  'member-of-the-prototype': [
    'The bundle has a member that would replace its prototype.',
    both,
    text('{"mediaType"', '{"__proto__":{"messageSignature":{}},"mediaType"'),
  ],
  'member-unknown': [
    'The bundle has a member that its format does not have.',
    both,
    { bundle: setAt('comment', 'hello') },
  ],
  'nesting-deep': [
    'The bundle is nested ten thousand levels deep.',
    both,
    text('{"mediaType"', `{"x":${'['.repeat(10_000)}${']'.repeat(10_000)},"mediaType"`),
  ],
  'number-huge': [
    'A number of the bundle is beyond 64 bits.',
    both,
    { bundle: setAt(logIndex, '99999999999999999999') },
  ],
  'number-not-finite': [
    'A number of the bundle is infinite.',
    both,
    text('"logIndex":"', '"integratedTime":1e999,"logIndex":"'),
  ],
  'number-negative': ['An index of the bundle is negative.', both, { bundle: setAt(logIndex, '-1') }],
  'number-with-fraction': ['An index of the bundle is no whole number.', both, { bundle: setAt(logIndex, 1.5) }],
  'surrogate-alone': ['A text of the bundle has half a character.', both, text('"kind":"', '"kind":"\\ud800')],
  'base64-with-space': [
    'Bytes of the bundle are written with a space between.',
    both,
    {
      bundle: changeAt('verificationMaterial.certificate.rawBytes', (value) =>
        (value as string).replace(/^.{4}/, '$& '),
      ),
    },
  ],
  'base64-without-padding': [
    'Bytes of the bundle are written without their padding.',
    both,
    {
      bundle: changeAt('verificationMaterial.tlogEntries.0.logId.keyId', (value) =>
        (value as string).replace(/=+$/, ''),
      ),
    },
  ],
  'trailing-text': ['Text follows the bundle.', both, { text: (document) => `${document}{}` }],
  'text-cut': ['The bundle ends too early.', both, { text: (document) => document.slice(0, -1) }],
  'log-id-missing': [
    'The bundle does not say which log an entry is in.',
    both,
    { bundle: removeAt('verificationMaterial.tlogEntries.0.logId') },
  ],
});
