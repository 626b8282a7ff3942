import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Comparison, Contender, Figure } from './measure.ts';
import { run } from './programs.ts';
import { verifyChromiumFigure } from './verify-chromium.ts';
import { verifyCases, type VerifyCase } from './verify-cases.ts';

type Verify = (request: VerifyCase) => Promise<void>;
type VerifyMany = (request: VerifyCase, count: number) => Promise<void>;

type VerifierName = keyof typeof titles;
const titles = {
  packwright: 'packwright/verify',
  'sigstore-js': '@sigstore/verify',
  'sigstore-browser': 'fpf browser',
};

const pathOf = (name: string): string => fileURLToPath(new URL(`./verifiers/${name}.mjs`, import.meta.url));
const missing = ['the folder of the Sigstore conformance suite'];

type MakeFigure = (folder: string) => Promise<Figure>;

/** `verify-1` and so on: warm, with `-cold` as a process for each verification, with `-chromium` in a page. */
export const verifyFigures: Readonly<Record<string, MakeFigure>> = {
  ...Object.fromEntries(
    [0, 1, 2].flatMap((index): [string, MakeFigure][] => [
      [`verify-${index + 1}`, () => warmFigure(index)],
      [`verify-${index + 1}-cold`, (folder) => coldFigure(folder, index)],
      [`verify-${index + 1}-chromium`, () => verifyChromiumFigure(index)],
    ]),
  ),
  'verify-many': () => manyFigure(),
};

const rounds = 100;

async function warmFigure(index: number): Promise<Figure> {
  const request = verifyCases()?.[index];
  const name = `${rounds} verifications, ${request?.name ?? `case ${index + 1}`}`;
  if (request === undefined) return { name, comparisons: [], missing };
  return { name, comparisons: await compared((verifier) => warm(verifier, request), 0.7) };
}

async function warm(verifier: VerifierName, request: VerifyCase): Promise<Contender> {
  const { prepare } = (await import(pathOf(verifier))) as { prepare: (trustRoot: string) => Promise<Verify> };
  const verify = await prepare(request.trustRoot);
  return {
    name: titles[verifier],
    run: async () => {
      for (let round = 0; round < rounds; round++) await verify(request);
    },
  };
}

async function coldFigure(folder: string, index: number): Promise<Figure> {
  const request = verifyCases()?.[index];
  const name = `a process that verifies, ${request?.name ?? `case ${index + 1}`}`;
  if (request === undefined) return { name, comparisons: [], missing };
  const file = join(folder, 'verify', `${index}.json`);
  await mkdir(join(folder, 'verify'), { recursive: true });
  await writeFile(file, JSON.stringify({ ...request, artifact: Buffer.from(request.artifact).toString('base64') }));
  const cold = async (verifier: VerifierName): Promise<Contender> => ({
    name: titles[verifier],
    run: () => run([process.execPath, pathOf('once'), verifier, file]),
  });
  return { name, comparisons: await compared(cold, 0.5) };
}

/** Ours beside each of the others. */
async function compared(make: (verifier: VerifierName) => Promise<Contender>, goal: number): Promise<Comparison[]> {
  const ours = await make('packwright');
  const peers = [await make('sigstore-js'), await make('sigstore-browser')];
  return peers.map((peer) => ({ ours, peer, goal }));
}

/** That the time grows as the bundles do, and no faster. */
async function manyFigure(): Promise<Figure> {
  const request = verifyCases()?.[1];
  const name = '1000 bundles of one artifact beside ten times 100';
  if (request === undefined) return { name, comparisons: [], missing };
  const { prepareMany } = (await import(pathOf('packwright'))) as {
    prepareMany: (trustRoot: string) => Promise<VerifyMany>;
  };
  const verify = await prepareMany(request.trustRoot);
  const ours: Contender = { name: 'once 1000', run: () => verify(request, 1000) };
  const peer: Contender = {
    name: 'ten times 100',
    run: async () => {
      for (let round = 0; round < 10; round++) await verify(request, 100);
    },
  };
  return { name, comparisons: [{ ours, peer, goal: 1.1 }] };
}
