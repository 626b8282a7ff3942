import type { VerificationReport } from 'packwright/verify';

/** What came of one thing that was verified. */
export interface Finding {
  /** The file, the reference, or the manifest of a layout. */
  readonly name: string;
  readonly report: VerificationReport;
}

/** What a verification needs besides what it is about. */
export interface RunOptions {
  readonly signal: AbortSignal;
  /** Says what is done, and how much of it, where that is known. */
  readonly onProgress: (what: string, done?: number, total?: number) => void;
}
