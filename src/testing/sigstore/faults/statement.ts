import { fromUtf8, utf8 } from '../../../bytes/encoding.ts';
import { digestOf, hexOf } from '../../../digest/digest.ts';
import { removeAt, setAt } from '../document-edit.ts';
import type { Edit, Edits } from '../edits.ts';
import { faultsOf, type Fault } from '../fault.ts';
import { testArtifact, testStatement, type GoodBundleName } from '../good-bundles.ts';
import type { JsonObject } from '../log-body.ts';

const statements: readonly GoodBundleName[] = ['statement', 'statement of Rekor v2', 'statement of a key'];
const built: readonly GoodBundleName[] = ['statement', 'statement of Rekor v2'];

/** Changes the statement before it is signed. */
function stated(edit: Edit<JsonObject>): Edits {
  return { options: (options) => ({ ...options, statement: edit(options.statement ?? testStatement()) }) };
}

function subjectDigest(digest: JsonObject): Edits {
  return stated(setAt('subject', [{ name: 'artifact', digest }]));
}

const hex = /* @__PURE__ */ hexOf(/* @__PURE__ */ digestOf(testArtifact));
const workflow = 'predicate.buildDefinition.externalParameters';

/** Statements that are well signed, and say something else than is expected of them. */
export const statementFaults: readonly Fault[] = /* @__PURE__ */ faultsOf('content', {
  'statement-of-another-artifact': [
    'The statement is about another artifact.',
    statements,
    subjectDigest({ sha256: hex.replace(/^../, (pair) => (pair === '00' ? '11' : '00')) }),
  ],
  'statement-without-subjects': ['The statement is about nothing.', statements, stated(setAt('subject', []))],
  'statement-with-a-null-subject': [
    'A subject of the statement is null.',
    statements,
    stated(setAt('subject', [null])),
  ],
  'subject-without-digest': [
    'The statement names its subject, without a digest.',
    statements,
    stated(setAt('subject', [{ name: 'artifact' }])),
  ],
  'subject-with-weak-digests': [
    'The statement has digests of its subject that can be forged.',
    statements,
    subjectDigest({ sha1: hex.slice(0, 40), md5: hex.slice(0, 32) }),
  ],
  'subject-under-another-algorithm': [
    'The statement has the digest of the artifact under the name of another algorithm.',
    statements,
    subjectDigest({ sha3_256: hex }),
  ],
  'subject-in-capitals': [
    'The statement has the digest of the artifact in capital letters, which the specification does not allow.',
    statements,
    subjectDigest({ sha256: hex.toUpperCase() }),
  ],
  'subject-cut': [
    'The statement has the first half of the digest.',
    statements,
    subjectDigest({ sha256: hex.slice(0, 32) }),
  ],
  'subject-that-contradicts-itself': [
    'The statement has the right digest of one algorithm, and a wrong one of another.',
    statements,
    subjectDigest({ sha256: hexOf(digestOf(utf8('another'))), sha512: hexOf(digestOf(testArtifact, 'sha512')) }),
  ],
  'statement-of-an-unknown-type': [
    'The statement is of a version that nobody knows.',
    statements,
    stated(setAt('_type', 'https://in-toto.io/Statement/v9')),
  ],
  'predicate-of-another-type': [
    'The statement is of another type than is asked for.',
    statements,
    stated(setAt('predicateType', 'https://example.com/other/v1')),
    ['GHSA-vjxv-45g9-9296', 'GHSA-739f-hw6h-7wq8'],
  ],
  'predicate-type-that-begins-alike': [
    'The type of the statement begins as the one that is asked for.',
    statements,
    stated(setAt('predicateType', 'https://slsa.dev/provenance/v1.9')),
    ['GHSA-vjxv-45g9-9296'],
  ],
  'predicate-type-missing': ['The statement does not say its type.', statements, stated(removeAt('predicateType'))],
  'statement-with-a-member-twice': [
    'A member of the statement stands there twice, with two values.',
    statements,
    {
      envelope: (envelope) => ({
        ...envelope,
        payload: utf8(
          fromUtf8(envelope.payload).replace('"predicateType":', '"predicateType":"other","predicateType":'),
        ),
      }),
    },
  ],
  'builder-other': [
    'The provenance is of another builder.',
    built,
    stated(setAt('predicate.runDetails.builder.id', 'https://builder.example/other')),
  ],
  'builder-missing': [
    'The provenance does not say its builder.',
    built,
    stated(removeAt('predicate.runDetails.builder')),
  ],
  'build-type-other': [
    'The provenance is of another type of build.',
    built,
    stated(setAt('predicate.buildDefinition.buildType', 'https://example.com/by-hand')),
  ],
  'source-of-the-provenance-other': [
    'The provenance is of another repository.',
    built,
    stated(setAt(`${workflow}.workflow.repository`, 'https://github.com/evil/project')),
  ],
  'external-parameter-unknown': [
    'The build had a parameter from outside that nobody expects.',
    built,
    stated(setAt(`${workflow}.script`, 'curl evil.example')),
  ],
  'external-parameters-missing': ['The provenance has no parameters.', built, stated(removeAt(workflow))],
});
