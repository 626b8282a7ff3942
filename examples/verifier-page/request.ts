import type { Digest } from 'packwright';
import type { TrustRoot } from 'packwright/attest';
import type { Policy } from 'packwright/verify';

/** What a person asks the page. */
export interface VerifyRequest {
  readonly subject: Subject;
  readonly policy: Policy;
  readonly trust: TrustRoot;
}

/** What is to be verified. */
export type Subject = FileSubject | LayoutSubject | RegistrySubject;

/** A file, or its digest alone, and the files that hold its bundles. */
export interface FileSubject {
  readonly kind: 'file';
  readonly artifact: File | Digest;
  readonly bundles: readonly File[];
}

/** A layout as a tar, which may lie in the files of a folder. */
export interface LayoutSubject {
  readonly kind: 'layout';
  readonly name: string;
  readonly archive: Blob;
}

/** A manifest in a registry. */
export interface RegistrySubject {
  readonly kind: 'registry';
  readonly reference: string;
}

/** Says what is wrong with a field of the form; null is what there is then in place of its value. */
export type Complain = (field: string, message: string) => null;
