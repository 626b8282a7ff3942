import { mkdirSync, rmdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isErrno } from './failure.ts';

/** How often a step is tried again when another process removed its folder for being empty. */
const attempts = 20;

/** Makes folders, and remembers which were not there before, so that a failure can leave none of them behind. */
export class Folders {
  readonly #made = new Set<string>();

  /** Makes a folder and those above it. Gives the topmost one that was missing. */
  make(path: string, mode?: number): string | undefined {
    const top = makeFolders(path, mode);
    if (top === undefined) return undefined;
    const highest = resolve(top);
    for (let folder = resolve(path); ; folder = dirname(folder)) {
      this.#made.add(folder);
      if (folder === highest || folder === dirname(folder)) return highest;
    }
  }

  /** Runs a step that needs a folder; makes the folder when the step finds that it is missing. */
  within<T>(path: string, step: () => T): T {
    for (let attempt = 1; ; attempt++) {
      try {
        return step();
      } catch (error) {
        if (!isErrno(error, 'ENOENT') || attempt === attempts) throw error;
        this.make(path);
      }
    }
  }

  /** Removes the folders made here that are empty, deepest first. */
  removeEmpty(): void {
    for (const folder of [...this.#made].sort((a, b) => b.length - a.length)) {
      if (removeEmptyFolder(folder)) this.#made.delete(folder);
    }
  }
}

/** Node looks at a folder that it finds in its way, and says ENOENT when another process removed it just then. */
function makeFolders(path: string, mode: number | undefined): string | undefined {
  for (let attempt = 1; ; attempt++) {
    try {
      return mkdirSync(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
    } catch (error) {
      if (!isErrno(error, 'ENOENT') || attempt === attempts) throw error;
    }
  }
}

/** Removes a folder if it is there and empty. False when it is in use, gone already, or not ours to remove. */
export function removeEmptyFolder(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}
