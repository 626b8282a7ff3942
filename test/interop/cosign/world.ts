import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPackService, type PackService } from 'packwright';
import { parseSigningConfig, parseTrustRoot, type SigningConfig, type TrustRoot } from 'packwright/attest';
import { httpRegistries } from '../../../src/adapters/registry/http.ts';
import { runRegistry, type RunningRegistry } from '../../peers/guarded-registry.ts';
import { startPrivateSigstore, type PrivateSigstore } from '../../peers/private-sigstore.ts';
import { programPath, run } from '../../peers/programs.ts';
import type { Log } from './cells.ts';

/** The files of a key pair. */
export interface KeyFiles {
  readonly privateFile: string;
  readonly publicFile: string;
  readonly publicPem: string;
}

/** Everything that the cells share: a Sigstore, two registries, two key pairs, two people. */
export interface World {
  readonly folder: string;
  readonly sigstore: PrivateSigstore;
  readonly trust: TrustRoot;
  readonly registries: Readonly<Record<'olareg' | 'distribution 3', RunningRegistry>>;
  readonly service: PackService;
  /** cosign made the one, and `packwright keys generate` the other; each signs for the other program. */
  readonly keys: { readonly cosign: KeyFiles; readonly packwright: KeyFiles };
  signingConfig(log: Log): { readonly file: string; readonly config: SigningConfig };
  /** A folder that nobody else has. */
  folderFor(name: string): string;
  stop(): Promise<void>;
}

/** What both key pairs are locked with. */
export const password = 'a password';

/** The person who signs, and one who does not. */
export const signerEmail = 'dev@example.com';
export const otherEmail = 'mallory@example.com';

/** The command, from its source. */
export const ownCommand: string = fileURLToPath(new URL('../../../src/cli/bin.ts', import.meta.url));

/** Starts everything. */
export async function startWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'packwright-cosign-'));
  const folderFor = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const [sigstore, olareg, distribution, keys] = await Promise.all([
    startPrivateSigstore(),
    runRegistry('olareg', folderFor('olareg'), { access: 'anonymous' }),
    runRegistry('distribution 3', folderFor('distribution'), { access: 'anonymous' }),
    makeKeys(folder),
  ]);
  const files = { log: 'log', timestamp: 'timestampOnly', none: 'none' } as const;
  return {
    folder,
    sigstore,
    trust: parseTrustRoot(readFileSync(sigstore.trustedRoot)),
    registries: { olareg, 'distribution 3': distribution },
    service: createPackService({ registries: httpRegistries() }),
    keys,
    signingConfig: (log) => {
      const file = sigstore.signingConfigs[files[log]];
      return { file, config: parseSigningConfig(readFileSync(file)) };
    },
    folderFor,
    stop: async () => {
      await Promise.all([sigstore.stop(), olareg.stop(), distribution.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function makeKeys(folder: string): Promise<World['keys']> {
  const env = { COSIGN_PASSWORD: password };
  await Promise.all([
    run(programPath('cosign'), ['generate-key-pair', `--output-key-prefix=${join(folder, 'theirs')}`], { env }),
    run(process.execPath, [ownCommand, 'keys', 'generate', '--output-key-prefix', join(folder, 'ours')], { env }),
  ]);
  return { cosign: keyFiles(folder, 'theirs'), packwright: keyFiles(folder, 'ours') };
}

function keyFiles(folder: string, name: string): KeyFiles {
  const publicFile = join(folder, `${name}.pub`);
  return {
    privateFile: join(folder, `${name}.key`),
    publicFile,
    publicPem: readFileSync(publicFile, 'utf8'),
  };
}

/** Writes a file into a folder, and gives its path. */
export function writeInto(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
