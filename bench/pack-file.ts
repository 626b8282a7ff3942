import { join } from 'node:path';
import { makeLargeFile } from './inputs.ts';
import type { Figure } from './measure.ts';
import { command, findProgram, run } from './programs.ts';
import { removeTree } from './work-folder.ts';

/** One large file into a layout. */
export async function packFileFigure(folder: string, mebibytes: number): Promise<Figure> {
  const cwd = join(folder, 'pack-file');
  const oras = findProgram('oras');
  const name = `pack of a file of ${mebibytes} MiB into a layout`;
  if (oras === undefined) return { name, comparisons: [], missing: ['oras'] };
  await makeLargeFile(join(cwd, 'large.bin'), mebibytes);
  const reset = (): Promise<void> => removeTree(join(cwd, 'layout'));
  const ours = {
    name: 'packwright pack',
    reset,
    run: () => run([...command, 'pack', 'large.bin', '-o', 'oci:layout:bench'], { cwd }),
  };
  const peer = {
    name: 'oras push --oci-layout',
    reset,
    run: () => run([oras, 'push', '--oci-layout', 'layout:bench', 'large.bin'], { cwd }),
  };
  return { name, comparisons: [{ ours, peer, goal: 1 }] };
}
