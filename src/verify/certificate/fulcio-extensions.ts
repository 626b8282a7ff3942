import { derTags, readDer } from '../../bytes/der-reader.ts';
import { utf8Of } from '../../bytes/der-values.ts';
import { isPackError } from '../../errors.ts';
import type { AlternativeName } from './alternative-names.ts';
import { certificateError } from './certificate-error.ts';
import type { Certificate, CertificateExtension } from './certificate.ts';

/** What Fulcio says of who signed, by name where the extension has one, else by object identifier. */
export interface FulcioExtensions {
  /** Who vouched for the identity. */
  readonly issuer?: string;
  readonly extensions: Readonly<Record<string, string>>;
}

const arc = '1.3.6.1.4.1.57264.1.';
const firstIssuer = `${arc}1`;
const secondIssuer = `${arc}8`;

const names = (first: number, list: string): [string, string][] =>
  list.split(' ').map((name, index) => [`${arc}${first + index}`, name]);

/** The names of Fulcio's extensions by object identifier (oid-info.md of Fulcio); not those of the issuer. */
export const fulcioExtensionNames: Readonly<Record<string, string>> = /* @__PURE__ */ Object.fromEntries([
  .../* @__PURE__ */ names(
    2,
    'githubWorkflowTrigger githubWorkflowSHA githubWorkflowName githubWorkflowRepository githubWorkflowRef',
  ),
  .../* @__PURE__ */ names(
    9,
    'buildSignerURI buildSignerDigest runnerEnvironment sourceRepositoryURI sourceRepositoryDigest ' +
      'sourceRepositoryRef sourceRepositoryIdentifier sourceRepositoryOwnerURI sourceRepositoryOwnerIdentifier ' +
      'buildConfigURI buildConfigDigest buildTrigger runInvocationURI sourceRepositoryVisibilityAtSigning ' +
      'deploymentEnvironment tokenSubject',
  ),
]);

/**
 * Reads the extensions of Fulcio: text as it is up to .6, a UTF8String from .8 on. Of those that nobody knows the ones
 * that are no text are left out.
 *
 * @throws VerificationError `ERR_CERTIFICATE_INVALID` where one is malformed, or the two forms of the issuer disagree.
 */
export function fulcioExtensions(certificate: Certificate): FulcioExtensions {
  const extensions: Record<string, string> = {};
  for (const extension of certificate.extensions.filter(({ oid }) => oid.startsWith(arc))) {
    const value = textOf(extension);
    if (value !== undefined) extensions[fulcioExtensionNames[extension.oid] ?? extension.oid] = value;
  }
  const { [firstIssuer]: first, [secondIssuer]: second, ...rest } = extensions;
  if (first !== undefined && second !== undefined && first !== second) {
    throw certificateError(`names two issuers, ${JSON.stringify(first)} and ${JSON.stringify(second)}`);
  }
  const issuer = second ?? first;
  return { ...(issuer === undefined ? {} : { issuer }), extensions: rest };
}

function textOf({ oid, value }: CertificateExtension): string | undefined {
  try {
    if (/^[1-6]$/.test(oid.slice(arc.length))) return utf8Of(value);
    return utf8Of(readDer(value, derTags.utf8String).value);
  } catch (cause) {
    const known = oid === firstIssuer || oid === secondIssuer || Object.hasOwn(fulcioExtensionNames, oid);
    if (!isPackError(cause) || known) throw certificateError(`extension ${oid} is no text`, cause);
    return undefined;
  }
}

/**
 * The one identity that a certificate was given to.
 *
 * @throws VerificationError `ERR_CERTIFICATE_INVALID` where it names none, several, an empty one, or one of another kind.
 */
export function identityOf({ alternativeNames }: Certificate): AlternativeName & { kind: 'email' | 'uri' | 'other' } {
  const [name] = alternativeNames;
  if (name === undefined || alternativeNames.length !== 1) {
    throw certificateError(`names ${alternativeNames.length} identities, expected one`);
  }
  const { kind, value } = name;
  if (kind === 'dns' || kind === 'unknown' || value === '') throw certificateError('names no identity');
  return { kind, value };
}
