import type { CertificateTemplate } from './certificate-template.ts';
import type { CheckpointTemplate } from './checkpoint.ts';
import type { SctTemplate } from './ct-log.ts';
import type { JsonObject, LogBodyTemplate } from './log-body.ts';
import type { SignOptions } from './sign-options.ts';
import type { TestKeys } from './test-keys.ts';
import type { TimestampTemplate } from './timestamp-authority.ts';

/** A change of a value before it is used. */
export type Edit<T> = (value: T) => T;

/** A change that needs something of the Sigstore to be made of. */
export type WorkshopEdit<T> = (value: T, workshop: Workshop) => T | Promise<T>;

/**
 * Where a Sigstore can be made to do something wrong: each member changes one value between its making and its use. What
 * follows is done properly, so that a certificate with a wrong template still has a right signature.
 */
export interface Edits {
  /** What is to be signed, and how. */
  readonly options?: Edit<SignOptions> | undefined;
  /** The certificates of the authority that issues signing certificates. */
  readonly root?: Edit<CertificateTemplate> | undefined;
  readonly issuer?: Edit<CertificateTemplate> | undefined;
  /** The certificates of every timestamp authority. */
  readonly timestampRoot?: Edit<CertificateTemplate> | undefined;
  readonly timestampIssuer?: Edit<CertificateTemplate> | undefined;
  readonly timestampLeaf?: Edit<CertificateTemplate> | undefined;
  /** The signing certificate, before and after it is signed. */
  readonly leaf?: Edit<CertificateTemplate> | undefined;
  readonly certificate?: WorkshopEdit<Uint8Array> | undefined;
  readonly scts?: Edit<readonly SctTemplate[]> | undefined;
  /** The key that issues the signing certificate. */
  readonly issuedBy?: WorkshopEdit<TestKeys['issuer']> | undefined;
  /** The payload of an envelope and its type, before they are signed. */
  readonly envelope?: Edit<{ readonly payload: Uint8Array; readonly payloadType: string }> | undefined;
  /** The signature, before it is entered anywhere. */
  readonly signature?: WorkshopEdit<Uint8Array> | undefined;
  readonly entry?: WorkshopEdit<LogBodyTemplate> | undefined;
  readonly checkpoint?: WorkshopEdit<CheckpointTemplate> | undefined;
  readonly timestamps?: WorkshopEdit<readonly TimestampTemplate[]> | undefined;
  /** The whole bundle as a document, and as text. */
  readonly bundle?: WorkshopEdit<JsonObject> | undefined;
  readonly text?: Edit<string> | undefined;
  readonly trustRoot?: Edit<JsonObject> | undefined;
}

/** What an edit can make something wrong of. */
export interface Workshop {
  readonly keys: TestKeys;
  /** The time of the Sigstore, in milliseconds since 1970. */
  readonly now: number;
  /** The certificates of the authority, its root last. */
  readonly chain: readonly Uint8Array<ArrayBuffer>[];
  /** A good certificate of the same authority and for the same signer, over another key. */
  readonly otherCertificate: () => Promise<Uint8Array<ArrayBuffer>>;
}
