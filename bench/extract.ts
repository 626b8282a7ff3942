import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { unpackTar } from 'modern-tar/fs';
import { extract } from 'packwright';
import { fsSink } from 'packwright/sink/fs';
import { fileBytes } from 'packwright/source/file';
import { extract as npmExtract } from 'tar';
import { makeLargeFile, makeSmallFiles } from './inputs.ts';
import type { Contender, Figure } from './measure.ts';
import { command, findGnuTar, run } from './programs.ts';
import { extractWithTarStream } from './tar-stream-folder.ts';
import { removeTree } from './work-folder.ts';
import { writeTar } from './write-tar.ts';

/** What is in a tar of one large file. */
export async function extractFileFigure(folder: string, mebibytes: number): Promise<Figure> {
  const own = join(folder, 'extract-file');
  await makeLargeFile(join(own, 'input', 'large.bin'), mebibytes);
  return extractFigure(`extract a file of ${mebibytes} MiB`, own, 1);
}

/** What is in a tar of many small files. */
export async function extractTreeFigure(folder: string, files: number): Promise<Figure> {
  const own = join(folder, 'extract-tree');
  await makeSmallFiles(join(own, 'input'), files);
  return extractFigure(`extract ${files} files of 1 to 8 KiB`, own, 1.6);
}

async function extractFigure(name: string, folder: string, goal: number): Promise<Figure> {
  const [archive, output] = [join(folder, 'archive.tar'), join(folder, 'output')];
  await writeTar(join(folder, 'input'), archive);
  await removeTree(join(folder, 'input'));
  const gnu = findGnuTar();
  const contender = (called: string, work: () => Promise<unknown>): Contender => ({
    name: called,
    reset: () => removeTree(output),
    run: async () => {
      await work();
    },
  });
  /** The others want the folder to be there. */
  const into = (called: string, work: () => Promise<unknown>): Contender => ({
    ...contender(called, work),
    reset: async () => {
      await removeTree(output);
      await mkdir(output);
    },
  });
  const asProcess = contender('packwright extract', () => run([...command, 'extract', archive, '-o', output]));
  const inProcess = contender('packwright (in process)', async () =>
    extract(await fileBytes(archive), fsSink({ directory: output })),
  );
  const gnuTar = into('GNU tar (process)', () => run([gnu ?? '', '-xf', archive, '-C', output]));
  const npmTar = into('npm tar', () => npmExtract({ file: archive, cwd: output }));
  const modernTar = into('modern-tar', () => pipeline(createReadStream(archive), unpackTar(output)));
  const tarStream = into('tar-stream, no checks', () => extractWithTarStream(archive, output));
  return {
    name,
    comparisons: [
      ...(gnu === undefined ? [] : [asProcess, inProcess].map((ours) => ({ ours, peer: gnuTar, goal }))),
      { ours: inProcess, peer: npmTar },
      { ours: inProcess, peer: modernTar },
      { ours: inProcess, peer: tarStream },
    ],
    missing: gnu === undefined ? ['GNU tar'] : [],
  };
}
