import type { BlobStore } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { LayoutIndex } from './index-document.ts';

/** The index of a layout, wherever it lies. */
export interface LayoutDocuments {
  /** Names the layout in errors. */
  readonly id: string;
  /** The index as it is now; one that lists nothing where there is no layout. */
  read(options: OperationOptions): Promise<LayoutIndex>;
  /** Runs a writer while no other one of ours runs. */
  locked<T>(run: (session: LayoutSession) => Promise<T>, options: OperationOptions): Promise<T>;
}

/** What a writer may do while it is alone. */
export interface LayoutSession {
  /** Reads the index once more, and replaces it by what `step` makes of it. False where that is the same object. */
  change(step: (index: LayoutIndex) => LayoutIndex): Promise<boolean>;
}

/** Where a layout's index and its blobs are. */
export interface LayoutParts {
  readonly documents: LayoutDocuments;
  readonly blobs: BlobStore;
}
