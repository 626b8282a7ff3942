/**
 * What an adapter author implements: blob store, record store, registry, source, file sink, and the events that all
 * of them report.
 *
 * @module
 */
export type { ByteSource, OpenOptions } from '../bytes/source.ts';
export type { BlobStat, BlobStore, BlobStoreAbilities, CommittedBlob, Ingest, StoredBlob } from './blob-store.ts';
export type {
  BearerTokenCredential,
  Credential,
  CredentialProvider,
  CredentialRequest,
  PasswordCredential,
  RefreshTokenCredential,
} from './credential.ts';
export type { FileOptions, FileSink, FileTransaction } from './file-sink.ts';
export type { PackEventListener, EventVerb, OperationOptions, PackEvent } from './operation.ts';
export type {
  DeleteRecordOptions,
  ListedRecord,
  ListRecordsOptions,
  PutRecordOptions,
  RecordStore,
  StoredRecord,
} from './record-store.ts';
export type {
  AskOptions,
  ListOptions,
  ManifestStore,
  OpenBlobOptions,
  PutManifestOptions,
  ReferrersAnswer,
  ReferrersOptions,
  Registry,
  Repository,
  RepositoryBlobs,
  RepositoryCapabilities,
  StoredManifest,
  TagOptions,
} from './registry.ts';
export type { KeyContent, Signer, SignerContent, SigningKey } from './signer.ts';
export type { Artifact, Source, SourceOptions } from './source.ts';
