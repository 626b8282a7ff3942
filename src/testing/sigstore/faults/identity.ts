import { withExtension } from '../certificate-template.ts';
import type { Edits } from '../edits.ts';
import { faultsOf, type Fault } from '../fault.ts';
import { fulcioOid, type TestIdentity } from '../fulcio-extensions.ts';
import type { GoodBundleName } from '../good-bundles.ts';
import { fullSignOptions, type SignOptions } from '../sign-options.ts';

const certified: readonly GoodBundleName[] = [
  'message',
  'message of Rekor v2',
  'statement',
  'message of an email address',
];
const workflows: readonly GoodBundleName[] = ['message', 'statement'];
const address: readonly GoodBundleName[] = ['message of an email address'];

/** Issues the certificate for somebody of another name. */
function named(change: (name: string) => string): Edits {
  return signed(({ identity: { kind, value } }) => ({ identity: { kind, value: change(value) } }));
}

function issued(change: (issuer: string) => string): Edits {
  return signed(({ issuer }) => ({ issuer: change(issuer) }));
}

function signed(change: (options: ReturnType<typeof fullSignOptions>) => SignOptions): Edits {
  return { options: (options) => ({ ...options, ...change(fullSignOptions(options)) }) };
}

function said(name: string, text: string): Edits {
  return signed(({ extensions }) => ({ extensions: { ...extensions, [name]: text } }));
}

function under(kind: TestIdentity['kind']): Edits {
  return signed(({ identity }) => ({ identity: { ...identity, kind } }));
}

function withoutIssuer(...names: readonly string[]): Edits {
  return {
    leaf: (template) => names.reduce((rest, name) => withExtension(rest, fulcioOid(name), () => undefined), template),
  };
}

const swapCase = (text: string): string => text.replace(/[a-z](?=[^a-z]*$)/, (letter) => letter.toUpperCase());

/** Certificates that are good, of signers who look like the one that is expected. */
export const identityFaults: readonly Fault[] = /* @__PURE__ */ faultsOf('identity', {
  'name-longer': [
    'The name goes on after the one that is expected.',
    certified,
    named((name) => `${name}.evil.example`),
  ],
  'name-with-more-in-front': [
    'The name ends as the one that is expected.',
    certified,
    named((name) => (name.includes('://') ? `https://evil.example/?${name}` : `not-${name}`)),
  ],
  'name-with-a-letter-for-a-dot': [
    'The name has a letter where the one that is expected has a dot.',
    certified,
    named((name) => name.replace('.com', 'xcom')),
  ],
  'name-in-capitals': ['The name differs in the case of a letter.', certified, named(swapCase)],
  'name-with-a-line-after-it': ['The name goes on in another line.', certified, named((name) => `${name}\nx`)],
  'name-cut': ['The name is the beginning of the one that is expected.', certified, named((name) => name.slice(0, -1))],
  'workflow-of-a-fork': [
    'The same workflow of another repository signed.',
    workflows,
    named((name) => name.replace('example/project', 'evil/project')),
  ],
  'workflow-at-a-branch': [
    'The workflow ran at a branch, not at the tag.',
    workflows,
    named((name) => name.replace('refs/tags/v1.0.0', 'refs/heads/main')),
  ],
  'source-of-a-fork': [
    'The workflow that is expected ran for another repository.',
    workflows,
    said('sourceRepositoryURI', 'https://github.com/evil/project'),
  ],
  'runner-of-ones-own': [
    'The workflow ran on a machine of its own.',
    workflows,
    said('runnerEnvironment', 'self-hosted'),
  ],
  'issuer-longer': [
    'The issuer of the identity goes on after the one that is expected.',
    certified,
    issued((issuer) => `${issuer}.evil.example`),
  ],
  'issuer-in-capitals': ['The issuer of the identity differs in the case of a letter.', certified, issued(swapCase)],
  'issuer-other': ['Somebody else vouched for the identity.', certified, issued(() => 'https://evil.example')],
  'issuers-that-disagree': [
    'The certificate says two issuers of the identity.',
    certified,
    said('issuerV1', 'https://evil.example'),
  ],
  'issuers-that-disagree-the-other-way': [
    'The certificate says two issuers of the identity, and the older form is the expected one.',
    certified,
    said('issuerV2', 'https://evil.example'),
  ],
  'issuer-missing': ['The certificate does not say who vouched.', certified, withoutIssuer('issuerV1', 'issuerV2')],
  'address-as-a-uri': ['The address that is expected is there as a URI.', address, under('uri')],
  'address-as-another-name': [
    'The address that is expected is there as a name of another kind.',
    address,
    under('other'),
  ],
  'uri-as-an-address': ['The URI that is expected is there as an address.', workflows, under('email')],
  'extension-missing': [
    'The certificate does not have an extension that is asked for.',
    workflows,
    withoutIssuer('sourceRepositoryURI'),
  ],
});
