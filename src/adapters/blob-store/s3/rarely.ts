/** What a store that only puts and gets does not need, loaded at once with its first use. */
export { importObjects } from './import-legacy.ts';
export { blobIngests } from './ingest.ts';
export { presignGet, presignPut } from './presign.ts';
export { sweepAbandoned, sweepRecords } from './sweep.ts';
