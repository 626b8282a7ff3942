/** What changes a registry, in one piece: who only pulls does not load it. */
export { deleteReference } from './delete-reference.ts';
export { putManifest } from './put-manifest.ts';
export { tagManifest } from './tag-manifest.ts';
export { createBlobWriter } from './write-blobs.ts';
