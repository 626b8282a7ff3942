import { toHex } from '../bytes/encoding.ts';
import { blobSource, type ByteSource } from '../bytes/source.ts';
import { chunksOf, concatBytes } from '../bytes/stream.ts';
import { algorithmOf, isDigest, type Digest, type DigestAlgorithm } from '../digest/digest-name.ts';
import { nativeHash } from '../digest/native.ts';
import type { RunningHash } from '../digest/hash.ts';
import { UsageError } from '../errors.ts';
import { hashBytes } from './crypto/hash-bytes.ts';

/**
 * What is verified: its bytes, in memory or as they flow; or its digest, or several digests of the same bytes. Nothing
 * that is not held in memory already is kept there. A stream is read once, to its end.
 */
export type ArtifactInput = Uint8Array | Blob | ReadableStream<Uint8Array> | ByteSource | Digest | readonly Digest[];

/** What has to be known of the artifact before bundles can be judged. */
export interface WantedContent {
  readonly algorithms: ReadonlySet<DigestAlgorithm>;
  /** Whether a signature is over the bytes themselves, and no digest will do (Ed25519). */
  readonly bytes: boolean;
}

/** The artifact, as far as it is known. */
export interface Artifact {
  readonly digests: ReadonlyMap<DigestAlgorithm, Digest>;
  /** Where they were given, or wanted and few enough. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

/** Bytes that are kept of a stream where a signature needs them; a larger artifact must be given as bytes. */
export const maxBufferedBytes: number = 16 * 1024 * 1024;

/** Hashes what flows by, with each wanted algorithm. */
export interface RunningArtifact {
  update(chunk: Uint8Array): void;
  end(): Artifact;
}

/**
 * Reads an artifact: hashes it with the wanted algorithms and no other.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what is no artifact, or two digests that cannot be of the same bytes.
 */
export async function readArtifact(
  input: ArtifactInput,
  wanted: WantedContent,
  signal: AbortSignal | undefined,
): Promise<Artifact> {
  if (input instanceof Uint8Array) return hashWhole(input, wanted);
  if (typeof input === 'string') return digestsOnly([input]);
  if (Array.isArray(input)) return digestsOnly(input as readonly unknown[]);
  return readStream(await openStream(input as Blob | ReadableStream<Uint8Array> | ByteSource, signal), wanted, signal);
}

/** A running hash for each wanted algorithm, and the bytes themselves where they are wanted and not too many. */
export async function runningArtifact({ algorithms, bytes: wantsBytes }: WantedContent): Promise<RunningArtifact> {
  const hashes = await Promise.all([...algorithms].map(runningHash));
  let kept: Uint8Array[] | undefined = wantsBytes ? [] : undefined;
  let size = 0;
  return {
    update(chunk) {
      for (const hash of hashes) hash.update(chunk);
      size += chunk.length;
      if (size > maxBufferedBytes) kept = undefined;
      kept?.push(chunk.slice());
    },
    end: () => ({
      digests: byAlgorithm(hashes.map((hash) => hash.digest())),
      bytes: kept === undefined ? undefined : concatBytes(kept),
    }),
  };
}

/** The platform's, or one that comes with what checks a signature over its result. */
async function runningHash(algorithm: DigestAlgorithm): Promise<RunningHash> {
  return nativeHash(algorithm) ?? (await import('./crypto/prehash.ts')).portableHash(algorithm);
}

async function hashWhole(given: Uint8Array, { algorithms }: WantedContent): Promise<Artifact> {
  // A copy: what is hashed and what is verified must be the same, whatever the caller does meanwhile.
  const bytes = new Uint8Array(given);
  const digests = await Promise.all(
    [...algorithms].map(
      async (algorithm): Promise<Digest> => `${algorithm}:${toHex(await hashBytes(bytes, algorithm))}`,
    ),
  );
  return { digests: byAlgorithm(digests), bytes };
}

async function readStream(
  stream: ReadableStream<Uint8Array>,
  wanted: WantedContent,
  signal: AbortSignal | undefined,
): Promise<Artifact> {
  const running = await runningArtifact(wanted);
  for await (const chunk of chunksOf(stream, { signal })) running.update(chunk);
  return running.end();
}

function openStream(
  input: Blob | ReadableStream<Uint8Array> | ByteSource,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>> {
  if (typeof (input as Partial<ReadableStream> | null)?.getReader === 'function')
    return input as ReadableStream<Uint8Array>;
  if (typeof (input as Partial<ByteSource> | null)?.open === 'function') return (input as ByteSource).open({ signal });
  if (input instanceof Blob) return blobSource(input).open({ signal });
  throw notAnArtifact('bytes, a Blob, a stream, a source of bytes, or digests');
}

function digestsOnly(given: readonly unknown[]): Artifact {
  const digests = given.map((digest) => (isDigest(digest) ? digest : undefined));
  if (digests.length === 0 || digests.includes(undefined)) {
    throw notAnArtifact('a digest by sha256, sha384 or sha512 in lower-case hex');
  }
  return { digests: byAlgorithm(digests as Digest[]), bytes: undefined };
}

function byAlgorithm(digests: readonly Digest[]): ReadonlyMap<DigestAlgorithm, Digest> {
  const map = new Map<DigestAlgorithm, Digest>();
  for (const digest of digests) {
    const other = map.get(algorithmOf(digest)) ?? digest;
    if (other !== digest) throw notAnArtifact('one thing: it has two digests by the same algorithm');
    map.set(algorithmOf(digest), digest);
  }
  return map;
}

function notAnArtifact(expected: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `artifact is not ${expected}`, { argument: 'artifact' });
}
