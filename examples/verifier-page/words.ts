import type { PackErrorCode, VerificationErrorCode } from 'packwright';
import type { Check, CheckName } from 'packwright/verify';

/** What each check is about, for a person. */
export const checkTitles: Readonly<Record<CheckName, string>> = {
  bundle: 'Bundle',
  certificate: 'Certificate',
  sct: 'Certificate log',
  timestamp: 'Timestamp',
  log: 'Transparency log',
  time: 'Signing time',
  signature: 'Signature',
  artifact: 'Artifact',
  signer: 'Signer',
  predicate: 'Statement',
  provenance: 'Provenance',
};

export const outcomeWords: Readonly<Record<Check['outcome'], string>> = {
  passed: 'Passed',
  failed: 'Failed',
  ignored: 'Ignored',
  'not-checked': 'Not checked',
};

/** What somebody can do who reads that a verification was refused. */
const advice: Readonly<Record<VerificationErrorCode, string>> = {
  ERR_SIGNATURE_INVALID:
    'The signature was not made over these bytes with this key. Fetch the file and the bundle again from where they are published.',
  ERR_CERTIFICATE_INVALID: 'The certificate is not one that an authority gives for signing. Do not use the file.',
  ERR_CERTIFICATE_UNTRUSTED:
    'No authority of the trusted root issued the certificate. If it is of a private Sigstore, choose the trusted root of that one.',
  ERR_CERTIFICATE_EXPIRED: 'The signature was not made while the certificate was valid.',
  ERR_SCT_INVALID: 'The proof that the certificate was logged does not hold.',
  ERR_SCT_MISSING:
    'Nothing shows that the certificate was logged. If it is of a private Sigstore without a certificate log, its policy can say so.',
  ERR_LOG_ENTRY_INVALID: 'The entry of the log is about another signature than this one.',
  ERR_LOG_PROOF_INVALID: 'The log does not prove that it holds the entry.',
  ERR_LOG_UNTRUSTED:
    'The trusted root does not know the log. If it is of a private Sigstore, choose the trusted root of that one.',
  ERR_LOG_MISSING: 'No log that is trusted holds the signature, so misuse would leave no trace.',
  ERR_TIMESTAMP_INVALID: 'The timestamp is not about this signature, or was not made as it has to be.',
  ERR_TIMESTAMP_UNTRUSTED: 'The trusted root does not know the authority that made the timestamp.',
  ERR_TIMESTAMP_MISSING:
    'Nobody who is trusted has proven when the signature was made, so nobody knows whether the certificate was valid then.',
  ERR_SUBJECT_MISMATCH:
    'The bundle is about another artifact. Check that file and bundle belong together, and that the file arrived whole.',
  ERR_KEY_MISMATCH: 'It was signed with another key. Check where the key comes from before you believe either.',
  ERR_IDENTITY_MISMATCH: 'Somebody else signed it than you asked for. Compare both below, letter by letter.',
  ERR_PREDICATE_MISMATCH: 'What the bundle states is not what you asked for. Choose what must be stated in step 3.',
  ERR_PROVENANCE_MISMATCH: 'It was built otherwise than the policy says.',
  ERR_THRESHOLD_NOT_MET: 'Fewer signed it than the policy demands.',
  ERR_ALGORITHM_UNSUPPORTED: 'This browser cannot check such a signature. That says nothing about whether it is good.',
  ERR_NO_SIGNATURES: 'Nobody signed it, or the signatures are kept elsewhere.',
  ERR_SIGNATURES_HIDDEN: 'The registry does not say which signatures there are. Without an answer nothing is proven.',
  ERR_SIGNATURES_UNREACHABLE: 'The registry could not be asked for signatures. Try again when it can be reached.',
};

/** What to do about a refusal, where there is something to say. */
export function adviceOn(code: PackErrorCode | undefined): string | undefined {
  if (code === 'ERR_BUNDLE_INVALID')
    return 'The bundle is damaged, or no Sigstore bundle. Fetch it again from where it is published.';
  return (advice as Readonly<Partial<Record<PackErrorCode, string>>>)[code ?? 'ERR_UNSUPPORTED'];
}

/** Messages of packwright start with a small letter and end without a full stop. */
export function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Writes out what cannot be seen or turns the order of letters: an identity must not look like another one. */
export function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (letter) => `\\u{${letter.codePointAt(0)?.toString(16) ?? ''}}`,
  );
}

/** `sourceRepositoryURI` as `source repository URI`. */
export function spaced(name: string): string {
  if (!/^[a-z]+([A-Z][A-Za-z]*)*$/.test(name)) return name;
  return name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').replaceAll(/\b[A-Z](?=[a-z])/g, (letter) => letter.toLowerCase());
}

/** `1.5 MB`. */
export function byteWords(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[power] ?? ''}`;
}

/** `21 November 2026, 19:00:23 UTC`: one zone, so that two people read the same. */
export function timeWords(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(date);
  return `${day}, ${date.toISOString().slice(11, 19)} UTC`;
}
