/** Measures this package beside others: `npm run bench -- --help`. It runs what was built. */
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { extractFileFigure, extractTreeFigure } from './extract.ts';
import type { Figure } from './measure.ts';
import { packFileFigure } from './pack-file.ts';
import { packLockFigure } from './pack-lock.ts';
import { registryFigures } from './registry-figures.ts';
import { reportFigure } from './report.ts';
import { sbomFigure } from './sbom.ts';
import { sha256Figure } from './sha256.ts';
import { signFigures } from './sign.ts';
import { cacheFigures } from './stores-cache.ts';
import { postgresFigures } from './stores-postgres.ts';
import { s3Figures } from './stores-s3.ts';
import { tarFileFigure, tarTreeFigure } from './tar.ts';
import { verifyFigures } from './verify.ts';
import { fileSystemOf, makeWorkFolder } from './work-folder.ts';

const usage = `npm run bench [-- options] [figures]

  --json         one object a line, with name, peer, ratio and unit; everything else goes to stderr
  --dir <dir>    where files are written, ${tmpdir()} by default; on a disk the small files tell about the disk
  --rounds <n>   how often each program runs, 5 by default, after a round to warm up
  --mib <n>      how large the large file is, 1024 by default
  --files <n>    how many small files there are, 10000 by default
  --blobs <n>    how many small blobs there are, 1000 by default
`;

interface Sizes {
  readonly mib: number;
  readonly files: number;
  readonly blobs: number;
}

const figures: Readonly<Record<string, (folder: string, sizes: Sizes) => Promise<Figure>>> = {
  sha256: (folder, { mib }) => sha256Figure(folder, mib),
  'tar-file': (folder, { mib }) => tarFileFigure(folder, mib),
  'tar-tree': (folder, { files }) => tarTreeFigure(folder, files),
  'extract-file': (folder, { mib }) => extractFileFigure(folder, mib),
  'extract-tree': (folder, { files }) => extractTreeFigure(folder, files),
  'pack-lock': (folder) => packLockFigure(folder),
  'pack-file': (folder, { mib }) => packFileFigure(folder, mib),
  sbom: (folder) => sbomFigure(folder),
  ...registryFigures,
  ...verifyFigures,
  ...signFigures,
  ...s3Figures,
  ...postgresFigures,
  ...cacheFigures,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    dir: { type: 'string', default: tmpdir() },
    rounds: { type: 'string', default: '5' },
    mib: { type: 'string', default: '1024' },
    files: { type: 'string', default: '10000' },
    blobs: { type: 'string', default: '1000' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(`${usage}\nfigures: ${Object.keys(figures).join(', ')}\n`);
else await measureAll();

async function measureAll(): Promise<void> {
  const { json, dir } = values;
  const [rounds, mib, files, blobs] = [count('rounds'), count('mib'), count('files'), count('blobs')];
  for (const name of positionals) if (!Object.hasOwn(figures, name)) throw new Error(`there is no figure ${name}`);
  process.stderr.write(`times in seconds, median (min to max) of ${rounds}; in ${dir}, ${await fileSystemOf(dir)}\n`);
  for (const [name, make] of Object.entries(figures)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const folder = await makeWorkFolder(dir);
    try {
      await reportFigure(await make(folder.path, { mib, files, blobs }), { json, rounds });
    } finally {
      await folder.remove();
    }
  }
}

function count(option: 'rounds' | 'mib' | 'files' | 'blobs'): number {
  const value = Number(values[option]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${option} is not a count`);
  return value;
}
