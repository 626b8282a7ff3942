/** A file of a folder that somebody chose or dropped. */
export interface FolderFile {
  /** From the folder's own name on, with `/`. */
  readonly path: string;
  readonly file: File;
}

/** More than the layout of any registry mirror that a person would drop on a page. */
const maxFiles = 100_000;

/** The files that a folder input holds. */
export function chosenFiles(files: Iterable<File>): FolderFile[] {
  return Array.from(files, (file) => ({ path: file.webkitRelativePath, file }));
}

/**
 * Every file below a folder that was dropped.
 *
 * @throws RangeError beyond 100,000 files.
 */
export async function filesBelow(folder: FileSystemDirectoryEntry): Promise<FolderFile[]> {
  const found: FolderFile[] = [];
  const waiting: FileSystemDirectoryEntry[] = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const entry of await entriesOf(next)) {
      if (isFolder(entry)) waiting.push(entry);
      else if (entry.isFile) found.push({ path: entry.fullPath.replace(/^\//, ''), file: await fileOf(entry) });
      if (found.length + waiting.length > maxFiles) throw new RangeError(`folder has more than ${maxFiles} files`);
    }
  }
  return found;
}

export function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Browsers give the entries of a large folder in parts, and an empty part at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (part.length === 0) return all;
    all.push(...part);
  }
}

function fileOf(entry: FileSystemEntry): Promise<File> {
  return new Promise((resolve, reject) => {
    (entry as FileSystemFileEntry).file(resolve, reject);
  });
}
