/** A place of a bundle that a byte may be changed in while the bundle still passes. */
export interface MeaninglessPlace {
  /** What all of its places match: the member, and the indices in DER. */
  readonly place: RegExp;
  /** `less` where the evidence that it is in counts no more. */
  readonly facts: 'same' | 'less';
  /** Why that is right. */
  readonly why: string;
}

const material = 'verificationMaterial\\.';
const timestamp = `${material}timestampVerificationData\\.rfc3161Timestamps\\.\\d+\\.signedTimestamp`;
const token = `${timestamp} 0\\.1\\.1\\.0`;

/** The whole list: a change anywhere else has to be refused. */
export const meaninglessPlaces: readonly MeaninglessPlace[] = [
  {
    place: /^no value$/,
    facts: 'same',
    why: 'JSON may have any white space between its parts, and its escapes may be in capitals',
  },
  {
    place: /^mediaType$/,
    facts: 'same',
    why: 'a bundle that fits two versions may say either: no signature is over the version',
  },
  {
    place: new RegExp(`^${material}publicKey\\.hint$`),
    facts: 'same',
    why: 'the name of a key is a hint; it counts where the policy or an envelope says one, and nobody signed it',
  },
  {
    place: /^dsseEnvelope\.signatures\.0\.keyid$/,
    facts: 'same',
    why: 'the same hint, in an envelope; beside a certificate nothing is compared with it',
  },
  {
    place: new RegExp(`^${material}x509CertificateChain\\.certificates\\.[1-9]\\d*\\.rawBytes`),
    facts: 'same',
    why: 'an intermediate that the bundle brings is not needed where the trust root has it, and never believed by itself',
  },
  {
    place: new RegExp(`^${material}tlogEntries\\.\\d+\\.logIndex$`),
    facts: 'same',
    why: 'without a promise nothing authenticates this index: that of the proof is reported, which is authenticated',
  },
  {
    place: new RegExp(`^${material}tlogEntries\\.\\d+\\.inclusionProof\\.checkpoint\\.envelope$`),
    facts: 'same',
    why: 'lines of witnesses and of keys that are not known count for nothing (C2SP signed-note)',
  },
  {
    place: new RegExp(`^${timestamp} 0\\.0\\.0$`),
    facts: 'same',
    why: 'granted and granted with changes are one: what was granted is signed',
  },
  {
    place: new RegExp(`^${token}\\.0$`),
    facts: 'same',
    why: 'the version of SignedData is not signed, and follows from what is in it (RFC 5652 section 5.1)',
  },
  {
    place: new RegExp(`^${token}\\.1\\b`),
    facts: 'same',
    why: 'the list of hashes is there for who reads in one pass (RFC 5652 section 5.1); the signer names its own',
  },
  {
    place: new RegExp(`^${token}\\.3\\b`),
    facts: 'same',
    why: 'a certificate that goes along is not needed where the trust root has it, and never believed by itself',
  },
  {
    place: new RegExp(`^${token}\\.4\\.0\\.1\\b`),
    facts: 'less',
    why: 'a timestamp of a signer whom nobody knows counts for nothing',
  },
];

/** The meaningless place that a change was made in; undefined where there is none. */
export function meaninglessAt(place: string, facts: 'same' | 'less'): MeaninglessPlace | undefined {
  return meaninglessPlaces.find((candidate) => candidate.facts === facts && candidate.place.test(place));
}
