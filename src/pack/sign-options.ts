import type { Bundle } from '../attest/bundle.ts';
import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import { UsageError } from '../errors.ts';
import type { Descriptor, Platform } from '../oci/descriptor.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Signer } from '../ports/signer.ts';
import type { Policy } from '../verify/policy.ts';
import type { PolicyAndTrust } from './verification-input.ts';

/** How something is attached to a pack that says who made it. */
export interface AttestPackOptions extends OperationOptions {
  /** Signs the manifest for this platform in an index, and not the index: `linux/amd64`. */
  readonly platform?: Platform | string | undefined;
  /** Signs an index and every manifest in it; only what is named by default. */
  readonly recursive?: boolean | undefined;
  /**
   * Where it is kept: `bundle` is a referrer as cosign 3 writes it, `legacy` a layer under a tag (`sha256-….sig`, `.att`)
   * as cosign 2 does. `bundle` by default.
   */
  readonly format?: 'bundle' | 'legacy' | undefined;
  /**
   * Attaches nothing where the same is there already, by the same signer, and verifies. Who that is, the key of the
   * signer says, or `verification`.
   */
  readonly ifAbsent?: boolean | undefined;
  /**
   * What every bundle is verified by before it is attached. By default its signature is checked: by the key of the
   * signer, or that of the certificate in the bundle.
   */
  readonly verification?: Policy | PolicyAndTrust | undefined;
  /** Written into the manifest of the referrer, in milliseconds since 1970. No time is written where it is left out. */
  readonly created?: number | undefined;
}

/** How a pack is signed. */
export interface SignPackOptions extends AttestPackOptions {
  /** Signed along with the digest; `cosign verify -a` compares them. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** What is stated of a pack. */
export interface Attestation {
  /** A URI, or a name of cosign's: `slsaprovenance1`, `spdx`, `cyclonedx`. */
  readonly predicateType: string;
  /** An object that JSON can say. */
  readonly predicate: object;
}

/** One manifest that was signed. */
export interface SignedSubject {
  /** The manifest that the signature is on. */
  readonly subject: Descriptor;
  /** The manifest that holds it; in the older format with others. */
  readonly referrer: Descriptor;
  readonly bundle: Bundle;
  /** The tag of the manifest that holds it, in the older format. */
  readonly tag?: string | undefined;
  /** True where `ifAbsent` found it, and nothing was signed. */
  readonly present: boolean;
}

/** What was signed: what was named; in `all` that, and with `recursive` what is in it. */
export interface SignResult extends SignedSubject {
  /** The reference with the digest that was signed, where the location was given as text. */
  readonly reference?: string | undefined;
  readonly all: readonly SignedSubject[];
}

const keys = [
  ...operationKeys,
  'platform',
  'recursive',
  'format',
  'ifAbsent',
  'verification',
  'created',
  'annotations',
] as const;

/**
 * Refuses options that nobody reads, or that do not go together, before anything is asked.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkSigning(signer: Signer, options: SignPackOptions, verb: 'sign' | 'attest'): void {
  checkOptions('options', options, verb === 'sign' ? keys : keys.slice(0, -1));
  if (typeof (signer as Partial<Signer> | undefined)?.sign !== 'function')
    throw refused('signer', 'signer has no sign');
  const { format = 'bundle', created = 0, platform, recursive, ifAbsent, verification } = options;
  if (!['bundle', 'legacy'].includes(format)) {
    throw refused('format', `format is ${JSON.stringify(format)}, expected bundle or legacy`);
  }
  if (!Number.isSafeInteger(created) || Math.abs(created) > maxTime) throw refused('created', 'created is not a time');
  if (platform !== undefined && recursive === true) {
    throw refused('recursive', 'a platform was named, and everything in the index asked for', 'give one of them');
  }
  if (ifAbsent === true && signer.key === undefined && verification === undefined) {
    const hint = 'give verification: a policy with the identity of the signer, and whom to trust';
    throw refused('ifAbsent', 'nothing says which signatures are of this signer', hint);
  }
  checkAnnotations(options.annotations ?? {});
}

/** The last second that RFC 3339 can say. */
const maxTime = 253_402_300_799_000;

function checkAnnotations(annotations: Readonly<Record<string, unknown>>): void {
  const wrong = Object.entries(annotations).find(([, value]) => typeof value !== 'string')?.[0];
  if (wrong !== undefined) throw refused('annotations', `annotation ${JSON.stringify(wrong)} is no text`);
}

function refused(argument: string, message: string, hint?: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument, hint });
}
