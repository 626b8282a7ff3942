import { utf8 } from '../../bytes/encoding.ts';
import { digestOf, hexOf } from '../../digest/digest.ts';
import type { JsonObject } from './log-body.ts';
import type { SignOptions } from './sign-options.ts';

/** What every good bundle is about. */
export const testArtifact: Uint8Array<ArrayBuffer> = /* @__PURE__ */ utf8('the bytes that are to be believed\n');

const repository = 'https://github.com/example/project';
const workflow = `${repository}/.github/workflows/release.yml@refs/tags/v1.0.0`;

/** An SLSA provenance of {@link testArtifact}. */
export function testStatement(): JsonObject {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'artifact', digest: { sha256: hexOf(digestOf(testArtifact)) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://actions.github.io/buildtypes/workflow/v1',
        externalParameters: {
          workflow: { ref: 'refs/tags/v1.0.0', repository, path: '.github/workflows/release.yml' },
        },
        resolvedDependencies: [
          { uri: `git+${repository}@refs/tags/v1.0.0`, digest: { gitCommit: '97397989'.repeat(5) } },
        ],
      },
      runDetails: { builder: { id: workflow }, metadata: { invocationId: `${repository}/actions/runs/1/attempts/1` } },
    },
  };
}

const extensions = {
  githubWorkflowTrigger: 'push',
  githubWorkflowRepository: 'example/project',
  buildSignerURI: workflow,
  runnerEnvironment: 'github-hosted',
  sourceRepositoryURI: repository,
  sourceRepositoryRef: 'refs/tags/v1.0.0',
  sourceRepositoryOwnerURI: 'https://github.com/example',
  buildConfigURI: workflow,
  buildTrigger: 'push',
};

const message: SignOptions = { artifact: testArtifact, extensions };
const statement = (): SignOptions => ({ statement: testStatement(), extensions });

/** Names of {@link goodBundles}. */
export type GoodBundleName =
  | 'message'
  | 'message 0.1'
  | 'message 0.2'
  | 'message of Rekor v2'
  | 'message cosigned'
  | 'message of an email address'
  | 'message of a name'
  | 'message stamped'
  | 'message without log'
  | 'message of two operators'
  | 'message of SCT extensions'
  | 'message of a key'
  | 'message of a key of Rekor v2'
  | 'message of a key without log'
  | 'statement'
  | 'statement 0.1'
  | 'statement 0.2 of intoto'
  | 'statement of Rekor v2'
  | 'statement of a key'
  | 'statement of a key of Rekor v2';

/** Bundles of every kind that Sigstore knows, as options of `sign`. Each of them is good. */
export const goodBundles: Readonly<Record<GoodBundleName, SignOptions>> = /* @__PURE__ */ (() => ({
  message,
  'message 0.1': { ...message, version: '0.1' },
  'message 0.2': { ...message, version: '0.2' },
  'message of Rekor v2': { ...message, logs: ['v2'] },
  'message cosigned': { ...message, logs: ['v2'], cosignatures: 1, embedded: false },
  'message of an email address': {
    artifact: testArtifact,
    identity: 'dev@example.com',
    issuer: 'https://login.example',
  },
  'message of a name': { artifact: testArtifact, identity: { kind: 'other', value: 'dev!example.com' } },
  'message stamped': { ...message, timestamps: 1, timestampDelay: 2125 },
  'message without log': { ...message, logs: [], timestamps: 1, scts: 0 },
  'message of two operators': { ...message, logs: ['v1', 'v1'], timestamps: 2, scts: 2 },
  'message of SCT extensions': { ...message, sctExtensions: Uint8Array.of(0, 0, 5, 0, 0, 0, 0, 7) },
  'message of a key': { artifact: testArtifact, signer: 'key' },
  'message of a key of Rekor v2': { artifact: testArtifact, signer: 'key', logs: ['v2'] },
  'message of a key without log': { artifact: testArtifact, signer: 'key', logs: [], timestamps: 0 },
  statement: statement(),
  'statement 0.1': { ...statement(), version: '0.1' },
  'statement 0.2 of intoto': { ...statement(), version: '0.2', entry: 'intoto' },
  'statement of Rekor v2': { ...statement(), logs: ['v2'] },
  'statement of a key': { statement: testStatement(), signer: 'key' },
  'statement of a key of Rekor v2': { statement: testStatement(), signer: 'key', logs: ['v2'] },
}))();
