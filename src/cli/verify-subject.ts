import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Bundle } from '../attest/bundle.ts';
import { maxBundleBytes, parseBundle } from '../attest/parse-bundle.ts';
import { parseBundles } from '../attest/parse-bundles.ts';
import { fileBytes } from '../adapters/source/file.ts';
import { parseDigest } from '../digest/index.ts';
import { UsageError } from '../errors.ts';
import type { ArtifactInput } from '../verify/artifact.ts';
import { verify } from '../verify/verify.ts';
import type { VerifyCommandOptions, VerifyCommandResult } from './commands/verify.ts';
import type { CommandContext } from './context.ts';
import { printed, sourceLocation } from './open-location.ts';
import { readDocument } from './read-document.ts';
import { commandService } from './service.ts';
import { readDemand } from './verification-demand.ts';

/** Verifies what a command line names: a pack, or with bundles a file. It is loaded when something is verified. */
export function verifySubject(options: VerifyCommandOptions, context: CommandContext): Promise<VerifyCommandResult> {
  const { bundles } = options;
  return bundles === undefined ? verifyReference(options, context) : verifyFile(options, bundles, context);
}

async function verifyReference(options: VerifyCommandOptions, context: CommandContext): Promise<VerifyCommandResult> {
  const { subject, platform, maxSignatures: signatures } = options;
  const source = await sourceLocation(subject, context).catch((error: unknown) => {
    throw withFileHint(error, subject, context);
  });
  const demand = await readDemand(options, context);
  if (typeof source === 'string' && existsSync(resolve(context.cwd, subject))) {
    context.info(`taking ${JSON.stringify(subject)} for a reference to a registry; ${fileHint}`);
  }
  const limits = signatures === undefined ? undefined : { signatures };
  const own = { platform, limits, now: context.now(), ...context.operation };
  const { report, ...pack } = await commandService(context).verify(source, demand, own);
  return { ...report, ...pack, reference: printed(subject, pack.descriptor.digest) };
}

const fileHint = 'to verify a file, name its bundle: --bundle FILE.sigstore.json';

function withFileHint(error: unknown, subject: string, context: CommandContext): unknown {
  if (!(error instanceof UsageError) || !existsSync(resolve(context.cwd, subject))) return error;
  const { code, message } = error;
  return new UsageError(code, message, {
    cause: error,
    argument: 'subject',
    hint: fileHint,
  });
}

async function verifyFile(
  options: VerifyCommandOptions,
  files: readonly string[],
  context: CommandContext,
): Promise<VerifyCommandResult> {
  refuseForFiles(options);
  const { policy, trust } = await readDemand(options, context);
  const lists: Bundle[][] = [];
  for (const file of files) lists.push(await readBundles(file, options.maxSignatures, context));
  const artifact = await artifactOf(options.subject, context);
  const { signal } = context.operation;
  const limits = { maxBundles: options.maxSignatures };
  return verify(artifact, lists.flat(), { policy, trust, now: context.now(), signal, limits });
}

function refuseForFiles({ platform, trustedRoot, trustedRootDigest }: VerifyCommandOptions): void {
  if (platform !== undefined) throw onlyOfPacks('platform', 'leave it out: a file is for no platform');
  if (trustedRootDigest !== undefined && trustedRoot === undefined) {
    throw onlyOfPacks('trusted-root-digest', 'add --trusted-root FILE: none travels with a file');
  }
}

function onlyOfPacks(flag: string, hint: string): UsageError {
  const message = `--${flag} does not go with --bundle`;
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument: flag, hint });
}

async function readBundles(path: string, maxBundles: number | undefined, context: CommandContext): Promise<Bundle[]> {
  if (path.endsWith('.jsonl')) {
    return parseBundles(await readDocument(path, 8 * maxBundleBytes, context), { maxBundles });
  }
  return [parseBundle(await readDocument(path, maxBundleBytes, context))];
}

async function artifactOf(subject: string, context: CommandContext): Promise<ArtifactInput> {
  if (/^sha(256|384|512):/.test(subject)) return parseDigest(subject);
  return fileBytes(resolve(context.cwd, subject));
}
