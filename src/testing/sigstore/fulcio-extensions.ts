import {
  derElement,
  derExplicit,
  derIa5String,
  derOid,
  derRetag,
  derSequence,
  derUtf8String,
} from '../../bytes/der-writer.ts';
import { utf8 } from '../../bytes/encoding.ts';
import { oids } from './certificate-extensions.ts';
import type { ExtensionTemplate } from './certificate-template.ts';

/** Who a certificate is for, as its subject alternative name says it. */
export interface TestIdentity {
  readonly kind: 'email' | 'uri' | 'other';
  readonly value: string;
}

/** Fulcio's extensions by name; their last arc under 1.3.6.1.4.1.57264.1 (`oid-info.md` of Fulcio). */
const arcs: Readonly<Record<string, number>> = /* @__PURE__ */ Object.freeze({
  issuerV1: 1,
  githubWorkflowTrigger: 2,
  githubWorkflowSHA: 3,
  githubWorkflowName: 4,
  githubWorkflowRepository: 5,
  githubWorkflowRef: 6,
  issuerV2: 8,
  buildSignerURI: 9,
  buildSignerDigest: 10,
  runnerEnvironment: 11,
  sourceRepositoryURI: 12,
  sourceRepositoryDigest: 13,
  sourceRepositoryRef: 14,
  sourceRepositoryIdentifier: 15,
  sourceRepositoryOwnerURI: 16,
  sourceRepositoryOwnerIdentifier: 17,
  buildConfigURI: 18,
  buildConfigDigest: 19,
  buildTrigger: 20,
  runInvocationURI: 21,
  sourceRepositoryVisibilityAtSigning: 22,
  deploymentEnvironment: 23,
  tokenSubject: 24,
});

const base = '1.3.6.1.4.1.57264.1';
/** The last of the extensions that hold their text raw; later ones hold a UTF8String. */
const lastRaw = 6;

/** The object identifier of one of Fulcio's extensions. */
export function fulcioOid(name: string): string {
  const arc = arcs[name];
  if (arc === undefined) throw new RangeError(`Fulcio has no extension ${name}`);
  return `${base}.${arc}`;
}

/** An extension of Fulcio, by its name. */
export function fulcioExtension(name: string, text: string): ExtensionTemplate {
  const raw = (arcs[name] ?? 0) <= lastRaw;
  return { oid: fulcioOid(name), value: raw ? utf8(text) : derUtf8String(text) };
}

/** SubjectAltName of some identities: critical, as it must be where the subject is empty (RFC 5280 4.2.1.6). */
export function subjectAltName(...identities: readonly TestIdentity[]): ExtensionTemplate {
  return { oid: oids.subjectAltName, critical: true, value: derSequence(...identities.map(generalName)) };
}

const generalNames = {
  email: (value: string) => derRetag(1, derIa5String(value)),
  uri: (value: string) => derRetag(6, derIa5String(value)),
  other: (value: string) => derElement(0xa0, derOid(`${base}.7`), derExplicit(0, derUtf8String(value))),
} as const;

function generalName({ kind, value }: TestIdentity): Uint8Array {
  return generalNames[kind](value);
}
