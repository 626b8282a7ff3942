import { UsageError } from '../errors.ts';

/** The short names that cosign has for predicate types, with what they stand for. */
export const predicateTypes: Readonly<Record<string, string>> = /* @__PURE__ */ Object.freeze({
  slsaprovenance: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance02: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance1: 'https://slsa.dev/provenance/v1',
  spdx: 'https://spdx.dev/Document',
  spdxjson: 'https://spdx.dev/Document',
  cyclonedx: 'https://cyclonedx.org/bom',
  link: 'https://in-toto.io/Link/v1',
  vuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  openvex: 'https://openvex.dev/ns',
  custom: 'https://cosign.sigstore.dev/attestation/v1',
});

/** The predicate type of what `cosign sign` writes: a signature of an artifact that says no more. */
export const signaturePredicateType = 'https://sigstore.dev/cosign/sign/v1';

/**
 * The predicate type that a name of {@link predicateTypes} or a URI stands for.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what is neither.
 */
export function predicateTypeOf(nameOrUri: string): string {
  if (Object.hasOwn(predicateTypes, nameOrUri)) return predicateTypes[nameOrUri] ?? nameOrUri;
  if (/^[a-z][a-z\d+.-]*:\S+$/i.test(nameOrUri)) return nameOrUri;
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    `predicate type ${JSON.stringify(nameOrUri)} is neither a name nor a URI`,
    {
      argument: 'predicateType',
      hint: `known names are ${Object.keys(predicateTypes).join(', ')}`,
    },
  );
}
