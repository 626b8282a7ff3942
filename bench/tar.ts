import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { packTar } from 'modern-tar/fs';
import { create } from 'tar';
import { makeLargeFile, makeSmallFiles } from './inputs.ts';
import type { Contender, Figure } from './measure.ts';
import { findGnuTar, run } from './programs.ts';
import { packWithTarStream } from './tar-stream-folder.ts';
import { removeTree } from './work-folder.ts';
import { writeTar } from './write-tar.ts';

/** A tar of one large file. */
export async function tarFileFigure(folder: string, mebibytes: number): Promise<Figure> {
  await makeLargeFile(join(folder, 'tar-file', 'input', 'large.bin'), mebibytes);
  return tarFigure(`tar of a file of ${mebibytes} MiB`, join(folder, 'tar-file'), { gnu: 1 });
}

/** A tar of many small files. */
export async function tarTreeFigure(folder: string, files: number): Promise<Figure> {
  await makeSmallFiles(join(folder, 'tar-tree', 'input'), files);
  return tarFigure(`tar of ${files} files of 1 to 8 KiB`, join(folder, 'tar-tree'), { gnu: 1.5, npm: 0.2 });
}

function tarFigure(name: string, folder: string, goals: { readonly gnu: number; readonly npm?: number }): Figure {
  const input = join(folder, 'input');
  const output = join(folder, 'output.tar');
  const contender = (called: string, write: () => Promise<void>): Contender => ({
    name: called,
    reset: () => removeTree(output),
    run: write,
  });
  const script = fileURLToPath(new URL('write-tar-command.ts', import.meta.url));
  const gnu = findGnuTar();
  const inProcess = contender('packwright (in process)', () => writeTar(input, output));
  const asProcess = contender('packwright (process)', () => run([process.execPath, script, input, output]));
  const gnuTar = contender('GNU tar (process)', () => run([gnu ?? '', '--sort=name', '-cf', output, '-C', input, '.']));
  const npmTar = contender('npm tar', () => create({ file: output, cwd: input }, ['.']));
  const modernTar = contender('modern-tar', () => pipeline(packTar(input), createWriteStream(output)));
  const tarStream = contender('tar-stream', () => packWithTarStream(input, output));
  return {
    name,
    comparisons: [
      ...(gnu === undefined ? [] : [asProcess, inProcess].map((ours) => ({ ours, peer: gnuTar, goal: goals.gnu }))),
      { ours: inProcess, peer: npmTar, goal: goals.npm },
      { ours: inProcess, peer: modernTar },
      { ours: inProcess, peer: tarStream },
    ],
    missing: gnu === undefined ? ['GNU tar'] : [],
  };
}
