import { isDigest } from 'packwright';
import { inputOf } from './element.ts';
import type { FolderFile } from './folder-file.ts';
import { layoutTar } from './layout-tar.ts';
import type { Complain, FileSubject, LayoutSubject, RegistrySubject, Subject } from './request.ts';

/** A folder that somebody chose or dropped last. */
export interface ChosenFolder {
  readonly name: string;
  readonly files: readonly FolderFile[];
}

/** Reads what is to be verified out of the form. */
export function readSubject(
  kind: Subject['kind'],
  folder: ChosenFolder | undefined,
  complain: Complain,
): Subject | null {
  if (kind === 'file') return readFile(complain);
  return kind === 'layout' ? readLayout(folder, complain) : readReference(complain);
}

function readFile(complain: Complain): FileSubject | null {
  const artifact = readArtifact(complain);
  const bundles = Array.from(inputOf('bundle').files ?? []);
  if (bundles.length === 0) complain('bundle', 'Choose the bundle: the signature with what proves it.');
  return artifact === null || bundles.length === 0 ? null : { kind: 'file', artifact, bundles };
}

function readArtifact(complain: Complain): FileSubject['artifact'] | null {
  const [file] = inputOf('artifact').files ?? [];
  const digest = inputOf('digest').value.trim();
  if (digest === '') return file ?? complain('artifact', 'Choose the file that was signed.');
  if (file !== undefined) return complain('digest', 'There is a file too: give either the file or its digest.');
  if (isDigest(digest)) return digest;
  return complain(
    'digest',
    'This is no digest: expected sha256:, sha384: or sha512: and lower-case hexadecimal digits.',
  );
}

function readLayout(folder: ChosenFolder | undefined, complain: Complain): LayoutSubject | null {
  const [archive] = inputOf('archive').files ?? [];
  if (archive !== undefined) return { kind: 'layout', name: archive.name, archive };
  if (folder === undefined) return complain('archive', 'Choose the layout, in a tar or in a folder.');
  const { name, files } = folder;
  const tar = layoutTar(files);
  if (tar === undefined)
    return complain('folder', `The folder ${name} holds no OCI layout: it has no file oci-layout.`);
  return { kind: 'layout', name, archive: tar };
}

function readReference(complain: Complain): RegistrySubject | null {
  const reference = inputOf('reference').value.trim();
  if (reference === '') return complain('reference', 'Enter a reference: registry.example/team/app:1.2 for example.');
  return { kind: 'registry', reference };
}
