import { byId, inputOf } from './element.ts';
import { chosenFiles, type FolderFile } from './folder-file.ts';
import { readPolicy } from './read-policy.ts';
import { readSubject, type ChosenFolder } from './read-subject.ts';
import { readTrust } from './read-trust.ts';
import type { VerifyRequest } from './request.ts';

/** The form, while somebody fills it in. */
export interface Form {
  /** Takes a folder that was dropped. */
  readonly takeFolder: (name: string, files: readonly FolderFile[]) => void;
  /** What is asked. undefined where something is missing: the form then says what, and the first such field has the focus. */
  readonly read: () => Promise<VerifyRequest | undefined>;
}

/** Shows the fields that belong to what is chosen, and remembers the folder that was chosen. */
export function openForm(): Form {
  const form = byId('form', HTMLFormElement);
  let folder: ChosenFolder | undefined;
  form.addEventListener('change', ({ target }) => {
    showPanels(form);
    if (!(target instanceof HTMLInputElement)) return;
    if (target.id === 'folder') folder = folderOf(target);
    if (target.id === 'folder' && folder !== undefined) inputOf('archive').value = '';
    if (target.id === 'archive') {
      folder = undefined;
      inputOf('folder').value = '';
    }
    showFolder(folder);
  });
  showPanels(form);
  return {
    takeFolder: (name, files) => {
      form.dispatchEvent(new Event('input'));
      folder = { name, files };
      inputOf('archive').value = '';
      inputOf('folder').value = '';
      showFolder(folder);
    },
    read: () => readForm(form, folder),
  };
}

function folderOf({ files }: HTMLInputElement): ChosenFolder | undefined {
  const found = chosenFiles(files ?? []);
  const [first] = found;
  return first === undefined ? undefined : { name: first.path.split('/', 1)[0] ?? '', files: found };
}

function showFolder(folder: ChosenFolder | undefined): void {
  const said = folder === undefined ? '' : `The folder ${folder.name} is chosen: ${folder.files.length} files.`;
  byId('folder-chosen', HTMLElement).textContent = said;
}

const valueOf = (form: HTMLFormElement, name: string): string => {
  const chosen = new FormData(form).get(name);
  return typeof chosen === 'string' ? chosen : '';
};

/** A panel belongs to one value of one choice. */
function showPanels(form: HTMLFormElement): void {
  for (const panel of form.querySelectorAll<HTMLElement>('[data-for]')) {
    const [name = '', value] = panel.dataset['for']?.split('=') ?? [];
    panel.hidden = valueOf(form, name) !== value;
  }
  for (const part of form.querySelectorAll<HTMLElement>('.unless-policy')) {
    part.hidden = valueOf(form, 'signer') === 'policy';
  }
  byId('predicate-field', HTMLElement).hidden = byId('statement', HTMLSelectElement).value !== 'other';
}

async function readForm(form: HTMLFormElement, folder: ChosenFolder | undefined): Promise<VerifyRequest | undefined> {
  clearProblems(form);
  const fields: string[] = [];
  const complain = (field: string, message: string): null => {
    fields.push(field);
    showProblem(field, message);
    return null;
  };
  const subject = readSubject(valueOf(form, 'subject') as 'file' | 'layout' | 'registry', folder, complain);
  const policy = await readPolicy(valueOf(form, 'signer'), complain);
  const trust = await readTrust(valueOf(form, 'trust'), complain);
  if (subject !== null && policy !== null && trust !== null) return { subject, policy, trust };
  focusFirst(fields);
  return undefined;
}

function clearProblems(form: HTMLFormElement): void {
  for (const problem of form.querySelectorAll('.error')) problem.textContent = '';
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
}

function showProblem(id: string, message: string): void {
  byId(`${id}-error`, HTMLElement).textContent = message;
  document.getElementById(id)?.setAttribute('aria-invalid', 'true');
}

function focusFirst([first]: readonly string[]): void {
  const field = document.getElementById(first ?? '');
  const details = field?.closest('details');
  if (details instanceof HTMLDetailsElement) details.open = true;
  field?.focus();
}
