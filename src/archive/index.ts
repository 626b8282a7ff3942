/**
 * Deterministic tar and gzip writers, and readers that are safe on hostile archives.
 *
 * @module
 */
export { archiveLimits, type ArchiveLimits } from './archive-limits.ts';
export { gunzipStream, type GunzipOptions } from './gunzip.ts';
export { gzipStream } from './gzip.ts';
export { buildLayer, type LayerOptions, type LayerResult, type LayerStream } from './layer.ts';
export { createMemberCheck, type CheckedMember, type MemberCheck } from './member-check.ts';
export {
  readArchive,
  readArchiveBatches,
  type Decompressor,
  type ForeignCompression,
  type ReadArchiveOptions,
} from './read-archive.ts';
export { readTar, readTarBatches, type ReadTarOptions, type TarMember } from './read-tar.ts';
export { type TarEntry, type TarEntryType } from './tar-entry.ts';
export { tarStream, type WriteTarOptions } from './write-tar.ts';
