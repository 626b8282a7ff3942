import { byId, inputOf } from './element.ts';
import { kindOf, type FileKind } from './file-kind.ts';
import { filesBelow, isFolder, type FolderFile } from './folder-file.ts';

/** Takes the files of a folder that was dropped. */
export type TakeFolder = (name: string, files: readonly FolderFile[]) => void;

/** Lets files be dropped: onto a field, which takes them, or anywhere, and then each goes where it belongs. */
export function acceptDrops(takeFolder: TakeFolder): void {
  addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    highlight(slotAt(event));
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) highlight(undefined);
  });
  addEventListener('drop', (event) => {
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    highlight(undefined);
    const slot = slotAt(event);
    // The browser forgets what was dropped when this handler returns: it is taken out first.
    const { files, folders } = contentOf(event.dataTransfer);
    void place(slot?.dataset['slot'], files, folders, takeFolder);
  });
}

function slotAt(event: Event): HTMLElement | undefined {
  const target = event.target instanceof Element ? event.target.closest('[data-slot]') : null;
  return target instanceof HTMLElement ? target : undefined;
}

function highlight(slot: HTMLElement | undefined): void {
  for (const marked of document.querySelectorAll('.slot.over')) if (marked !== slot) marked.classList.remove('over');
  slot?.classList.add('over');
}

interface Dropped {
  readonly files: readonly File[];
  readonly folders: readonly FileSystemDirectoryEntry[];
}

function contentOf({ items }: DataTransfer): Dropped {
  const files: File[] = [];
  const folders: FileSystemDirectoryEntry[] = [];
  for (const item of items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (entry !== null && isFolder(entry)) folders.push(entry);
    else if (file !== null) files.push(file);
  }
  return { files, folders };
}

async function place(
  slot: string | undefined,
  files: readonly File[],
  [folder]: readonly FileSystemDirectoryEntry[],
  takeFolder: TakeFolder,
): Promise<void> {
  try {
    if (folder !== undefined) {
      choose('subject', 'layout');
      takeFolder(folder.name, await filesBelow(folder));
      say(`The folder ${folder.name} is taken as an OCI layout.`);
    } else if (slot !== undefined && slot !== 'folder') {
      fill(slot, files);
      say('');
    } else say(await sort(files));
  } catch (error) {
    say(`What was dropped cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

const taken: Readonly<Record<FileKind, string>> = {
  artifact: 'the file to check',
  bundle: 'a bundle',
  archive: 'an OCI layout',
  policy: 'a policy',
  'trust-root': 'a trusted root',
  'key-file': 'a public key',
};

/** Puts each file where it belongs, and says where that was. */
async function sort(files: readonly File[]): Promise<string> {
  const kinds = await Promise.all(files.map(kindOf));
  // A layout that comes with a bundle was signed as a file.
  const signed = kinds.includes('bundle');
  const settled = kinds.map((kind) => (kind === 'archive' && signed ? 'artifact' : kind));
  for (const kind of new Set(settled)) {
    fill(
      kind,
      files.filter((_file, index) => settled[index] === kind),
    );
    chooseFor(kind);
  }
  return files.map((file, index) => `${file.name} is taken as ${taken[settled[index] ?? 'artifact']}. `).join('');
}

function chooseFor(kind: FileKind): void {
  if (kind === 'artifact' || kind === 'bundle') choose('subject', 'file');
  if (kind === 'archive') choose('subject', 'layout');
  if (kind === 'policy') choose('signer', 'policy');
  if (kind === 'key-file') choose('signer', 'key');
  if (kind === 'trust-root') choose('trust', 'own');
}

/** Gives files to an input, as if a person had chosen them there. */
function fill(id: string, files: readonly File[]): void {
  const input = inputOf(id);
  const transfer = new DataTransfer();
  for (const file of input.multiple ? files : files.slice(0, 1)) transfer.items.add(file);
  input.files = transfer.files;
  tell(input);
}

function choose(name: string, value: string): void {
  const radio = document.querySelector(`input[name="${name}"][value="${value}"]`);
  if (!(radio instanceof HTMLInputElement) || radio.checked) return;
  radio.checked = true;
  tell(radio);
}

/** What a browser tells of when a person changes a field. */
function tell(field: HTMLInputElement): void {
  for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, { bubbles: true }));
}

function say(text: string): void {
  byId('dropped', HTMLElement).textContent = text;
}
