/**
 * npm's own cache as a source.
 *
 * @module
 */
import { join } from 'node:path';
import { checkDirectory, checkOptions } from '../../bytes/check-options.ts';
import { algorithmOf, digestSizes, hexOf, isDigest, type Digest } from '../../digest/index.ts';
import { FormatError, SourceError } from '../../errors.ts';
import type { Artifact, Source, SourceOptions } from '../../ports/source.ts';
import { isErrno } from '../node/failure.ts';
import { openFileStream } from '../node/file-stream.ts';

/** Where npm keeps its cache. */
export interface NpmCacheOptions {
  /** npm's cache, as `npm config get cache` says it, or the `_cacache` in it. It may be missing: then nothing is found. */
  readonly directory: string;
}

/**
 * npm's cache as a {@link Source}: it looks an artifact up by its digests, the strongest first, and never asks where
 * it is from. It reads files only, follows no link to one, and writes nothing. The caller checks the bytes, since a
 * cache can rot; more than `maxBytes` end the stream with FormatError `ERR_LIMIT_EXCEEDED`.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are not known. `open` rejects with SourceError
 * `ERR_SOURCE_UNAVAILABLE` where a file is there and cannot be read.
 */
export function npmCacheSource(options: NpmCacheOptions): Source {
  checkOptions('npmCacheSource', options, ['directory']);
  const directory = checkDirectory('npmCacheSource', options.directory);
  const folders = [join(directory, '_cacache'), directory];
  return {
    id: 'npm cache',
    async open(artifact, sourceOptions = {}) {
      for (const digest of strongestFirst(artifact.digests)) {
        for (const folder of folders) {
          const stream = await openContent(contentPath(folder, digest), artifact, sourceOptions);
          if (stream !== undefined) return stream;
        }
      }
      return undefined;
    },
  };
}

function strongestFirst(digests: readonly Digest[]): Digest[] {
  const sizeOf = (digest: Digest): number => digestSizes[algorithmOf(digest)];
  return digests.filter(isDigest).sort((a, b) => sizeOf(b) - sizeOf(a));
}

/** Where cacache, which npm keeps its cache with, puts content. */
function contentPath(folder: string, digest: Digest): string {
  const hex = hexOf(digest);
  return join(folder, 'content-v2', algorithmOf(digest), hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
}

/** What a name that holds no content says: nothing there, a folder, a link, a pipe. */
const absent = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'EMLINK', 'EFTYPE', 'ENXIO'];

async function openContent(
  path: string,
  artifact: Artifact,
  options: SourceOptions,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const failure = (error: unknown): unknown => (isErrno(error) ? unreadable(artifact, error) : error);
  try {
    return await openFileStream(path, {
      signal: options.signal,
      check: sizeCheck(artifact, options.maxBytes),
      failure,
    });
  } catch (error) {
    if (isErrno(error, ...absent)) return undefined;
    throw failure(error);
  }
}

function sizeCheck(artifact: Artifact, limit: number = Infinity): { update(bytes: Uint8Array): void; end(): void } {
  let size = 0;
  return {
    update(bytes) {
      size += bytes.length;
      if (size <= limit) return;
      throw new FormatError('ERR_LIMIT_EXCEEDED', `${artifact.name} is larger than the limit of ${limit} bytes`, {
        details: { limit, entry: artifact.name },
      });
    },
    end: () => undefined,
  };
}

function unreadable(artifact: Artifact, cause: Error & { readonly code: string }): SourceError {
  return new SourceError('ERR_SOURCE_UNAVAILABLE', `${artifact.name} cannot be read from npm's cache: ${cause.code}`, {
    cause,
    hint: 'npm cache verify mends the cache; without it the artifact is fetched from its address',
    details: { entry: artifact.name },
  });
}
