import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createFile, replaceFile } from '../adapters/node/atomic-file.ts';
import { isErrno, orStoreFailure } from '../adapters/node/failure.ts';
import { removeFile } from '../adapters/node/temporary.ts';
import { encryptSigningKey, exportPublicKeyPem, type WebSigningKey } from '../adapters/signer/key.ts';
import { utf8 } from '../bytes/encoding.ts';
import { keyIdOf } from '../verify/crypto/public-key.ts';
import { UsageError } from '../errors.ts';
import type { Digest } from '../digest/index.ts';
import type { CommandContext } from './context.ts';
import { newKeyPassword } from './signing-key-file.ts';

/** What becomes of a key pair. */
export interface KeyPairFileOptions {
  /** The files are called this with `.key` and `.pub` behind it. */
  readonly prefix: string;
  /** Replaces files that are there. */
  readonly force: boolean;
}

/** A key pair that was written. */
export interface WrittenKeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
  /** SHA-256 of the public key's SubjectPublicKeyInfo: what bundles name it by. */
  readonly keyId: Digest;
  readonly algorithm: string;
}

/**
 * Writes a key pair as cosign does: the private key in its encrypted format, for nobody but the user to read, and the
 * public one in PEM. Files that are there are found before the key is had, and before a password is asked for.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for files that are there; StoreError `ERR_STORE_WRITE`, `ERR_STORE_QUOTA`.
 */
export async function writeKeyPair(
  getKey: () => Promise<WebSigningKey>,
  { prefix, force }: KeyPairFileOptions,
  context: CommandContext,
): Promise<WrittenKeyPair> {
  const { signal } = context.operation;
  const [privateKey, publicKey] = [`${prefix}.key`, `${prefix}.pub`];
  const paths = [privateKey, publicKey].map((path) => resolve(context.cwd, path)) as [string, string];
  if (!force) paths.forEach(refuseExisting);
  const key = await getKey();
  const sealed = await encryptSigningKey(key, { password: await newKeyPassword(context), signal });
  const pem = await exportPublicKeyPem(key);
  await writeFiles(paths, [sealed, pem], force);
  return { privateKey, publicKey, keyId: await keyIdOf(await key.publicKey()), algorithm: key.details };
}

function refuseExisting(path: string): void {
  if (existsSync(path)) throw existing(path);
}

function existing(path: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `file ${JSON.stringify(path)} exists, and a key may be lost with it`, {
    argument: 'output-key-prefix',
    hint: 'give another --output-key-prefix, or add --force',
  });
}

/** Both files or none, unless they replace others. */
async function writeFiles(
  [privateKey, publicKey]: readonly [string, string],
  [sealed, pem]: readonly [string, string],
  force: boolean,
): Promise<void> {
  const write = force ? replace : create;
  await writeText(privateKey, sealed, write, 0o600);
  try {
    await writeText(publicKey, pem, write, 0o644);
  } catch (error) {
    if (!force) removeFile(privateKey);
    throw error;
  }
}

type WriteBytes = (path: string, bytes: Uint8Array, mode: number) => Promise<void>;

async function writeText(path: string, text: string, write: WriteBytes, mode: number): Promise<void> {
  const facts = { store: path, action: 'write', what: `file ${JSON.stringify(path)}`, place: path } as const;
  await orStoreFailure(facts, () => write(path, utf8(text), mode));
}

const replace: WriteBytes = (path, bytes, mode) =>
  replaceFile(path, bytes, { temporary: dirname(path), durable: true, mode });

/** Somebody else may have written one since it was looked for. */
const create: WriteBytes = (path, bytes, mode) =>
  createFile(path, bytes, { durable: true, mode }).catch((error: unknown) => {
    throw isErrno(error, 'EEXIST') ? existing(path) : error;
  });
