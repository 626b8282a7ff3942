import type { Digest } from 'packwright';
import { evaluate, type ArtifactInput, type BundleReport, type VerificationReport } from 'packwright/verify';
import { countedStream } from './counted-stream.ts';
import type { Finding, RunOptions } from './finding.ts';
import { readBundles, type FoundBundle, type UnreadBundle } from './read-bundles.ts';
import type { FileSubject, VerifyRequest } from './request.ts';

/** Verifies a file, or the digest of one, with the bundles that came with it. */
export async function verifyFile(
  { artifact, bundles: files }: FileSubject,
  { policy, trust }: VerifyRequest,
  options: RunOptions,
): Promise<Finding[]> {
  const name = artifact instanceof File ? artifact.name : artifact;
  const bundles = await readBundles(files);
  const found = bundles.filter((bundle) => 'bundle' in bundle);
  const unread = bundles.filter((bundle) => 'code' in bundle);
  const [first] = unread;
  if (found.length === 0 && first !== undefined) return [{ name, report: nothingRead(first, unread) }];
  const { signal } = options;
  const input = artifactInput(artifact, options);
  const report = await evaluate(
    input,
    found.map(({ bundle }) => bundle),
    { policy, trust, signal },
  );
  return [{ name, report: withUnread(report, found, unread) }];
}

function artifactInput(artifact: File | Digest, { signal, onProgress }: RunOptions): ArtifactInput {
  if (!(artifact instanceof File)) return artifact;
  const what = `Reading ${artifact.name}`;
  return countedStream(artifact, (bytes, total) => onProgress(what, bytes, total), signal);
}

/** Says of each bundle in which file it was, and adds those that could not be read: each is refused, and none forgotten. */
function withUnread(
  report: VerificationReport,
  found: readonly FoundBundle[],
  unread: readonly UnreadBundle[],
): VerificationReport {
  const named = report.bundles.map((bundle, index) => ({ ...bundle, origin: found[index]?.origin ?? '' }));
  return { ...report, bundles: [...named, ...unread.map(unreadReport)] };
}

function nothingRead({ code, message }: UnreadBundle, unread: readonly UnreadBundle[]): VerificationReport {
  const signers = { found: [], threshold: 1 };
  const bundles = unread.map(unreadReport);
  return { version: 1, verdict: 'failed', code, message, artifact: [], bundles, signers };
}

function unreadReport({ origin, code, message }: UnreadBundle): BundleReport {
  const spec = 'sigstore_bundle.proto';
  const check = { name: 'bundle', outcome: 'failed', code, message, spec, data: {} } as const;
  return { verdict: 'failed', code, checks: [check], times: [], origin };
}
