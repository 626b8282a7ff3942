import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8 } from '../../../bytes/encoding.ts';
import { FormatError } from '../../../errors.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import { replaceFile } from '../../node/atomic-file.ts';
import { isErrno, orStoreFailure, storeFailure } from '../../node/failure.ts';
import { notRegular, readFlags } from '../../node/file-stream.ts';
import { withLock } from '../../node/folder-lock.ts';
import { Folders, removeEmptyFolder } from '../../node/folders.ts';
import { sweepStaged } from '../../node/blob-folder.ts';
import {
  checkLayoutMarker,
  emptyLayoutIndex,
  formatLayoutIndex,
  layoutDocumentLimit,
  layoutMarker,
  parseLayoutIndex,
  type LayoutIndex,
} from './index-document.ts';
import type { LayoutDocuments, LayoutSession } from './documents.ts';
import { refusedWrite } from './read-only.ts';

/** Where a layout lies. */
export interface LayoutFolderOptions {
  readonly id: string;
  readonly directory: string;
  readonly durable: boolean;
  readonly readOnly: boolean;
}

/** The folder for what is being written: never under `blobs/`, and gone when nothing is. */
export function temporaryOf(directory: string): string {
  return join(directory, '.packwright');
}

/**
 * The documents of a layout folder: `oci-layout` and `index.json`.
 *
 * Readers take no lock: `index.json` is replaced in one step. Writers of ours take turns by a lock file; other programs
 * know nothing of it, so the index is read again at the last moment, and what they wrote stays.
 */
export class LayoutFolder implements LayoutDocuments {
  readonly id: string;
  readonly #directory: string;
  readonly #durable: boolean;
  readonly #readOnly: boolean;
  #last: { readonly bytes: Uint8Array; readonly index: LayoutIndex } | undefined;

  constructor({ id, directory, durable, readOnly }: LayoutFolderOptions) {
    this.id = id;
    this.#directory = directory;
    this.#durable = durable;
    this.#readOnly = readOnly;
  }

  async read({ signal }: OperationOptions): Promise<LayoutIndex> {
    signal?.throwIfAborted();
    return orStoreFailure({ store: this.id, action: 'read', what: `layout ${this.id}` }, () => this.#read());
  }

  /** A first write that was cut off leaves blobs, or `oci-layout` too: a layout that lists nothing yet. */
  #read(): LayoutIndex {
    const marker = this.#file('oci-layout');
    const bytes = this.#file('index.json');
    if (marker !== undefined) checkLayoutMarker(marker, this.id);
    else if (bytes !== undefined) throw withoutMarker(this.id);
    return bytes === undefined ? emptyLayoutIndex : this.#parsed(bytes);
  }

  /** Most calls find the bytes that the last one found. Comparing them is surer than any time stamp. */
  #parsed(bytes: Buffer): LayoutIndex {
    if (this.#last === undefined || !bytes.equals(this.#last.bytes)) {
      this.#last = { bytes, index: parseLayoutIndex(bytes, this.id) };
    }
    return this.#last.index;
  }

  #file(name: string): Buffer | undefined {
    try {
      return readBounded(join(this.#directory, name), name);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw isErrno(error, 'ENOTDIR') ? notFolder(this.#directory, error) : error;
    }
  }

  async locked<T>(run: (session: LayoutSession) => Promise<T>, { signal }: OperationOptions): Promise<T> {
    if (this.#readOnly) throw refusedWrite(this.id);
    const folders = new Folders();
    const session = { change: (step: (index: LayoutIndex) => LayoutIndex) => this.#change(step, folders) };
    try {
      folders.make(this.#directory);
      return await withLock(join(this.#directory, '.packwright.lock'), () => run(session), { signal });
    } catch (error) {
      const place = this.#directory;
      throw storeFailure(error, { store: this.id, action: 'write', what: `layout ${this.id}`, place });
    } finally {
      // A writer that found nothing to write leaves no folder.
      folders.removeEmpty();
    }
  }

  async #change(step: (index: LayoutIndex) => LayoutIndex, folders: Folders): Promise<boolean> {
    const temporary = temporaryOf(this.#directory);
    const before = this.#read();
    const after = step(before);
    if (after === before) return false;
    sweepStaged(temporary);
    const put = (name: string, bytes: Uint8Array): Promise<void> =>
      replaceFile(join(this.#directory, name), bytes, { temporary, durable: this.#durable, folders });
    if (this.#file('oci-layout') === undefined) await put('oci-layout', utf8(layoutMarker));
    const bytes = formatLayoutIndex(after);
    await put('index.json', bytes);
    // Whoever finds these bytes need not read them again.
    this.#last = { bytes, index: after };
    removeEmptyFolder(temporary);
    return true;
  }
}

function readBounded(path: string, name: string): Buffer {
  const file = openSync(path, readFlags);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw notRegular(path);
    if (stat.size <= layoutDocumentLimit) return readFileSync(file);
    throw new FormatError('ERR_LIMIT_EXCEEDED', `${name} has ${stat.size} bytes, more than ${layoutDocumentLimit}`, {
      details: { limit: layoutDocumentLimit },
    });
  } finally {
    closeSync(file);
  }
}

function withoutMarker(id: string): FormatError {
  return new FormatError('ERR_LAYOUT_INVALID', `layout ${id} has an index.json and no oci-layout`, {
    hint: `an OCI layout has a file oci-layout that says ${layoutMarker}; see if this is the right folder`,
  });
}

function notFolder(directory: string, cause: unknown): FormatError {
  return new FormatError('ERR_LAYOUT_INVALID', `layout ${JSON.stringify(directory)} is not a folder`, {
    cause,
    hint: 'write oci-archive:FILE for a layout in a tar',
  });
}
