import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { toBase64, utf8 } from '../../bytes/encoding.ts';
import { UsageError } from '../../errors.ts';
import { isRegistryName } from '../../oci/reference.ts';
import type { Credential } from '../../ports/credential.ts';
import { replaceFile } from '../node/atomic-file.ts';
import { isErrno, orStoreFailure, type FailureFacts } from '../node/failure.ts';
import { withLock } from '../node/folder-lock.ts';
import { Folders } from '../node/folders.ts';
import { sweepTemporary } from '../node/temporary.ts';
import { helperFor, parseConfigDocument, type ConfigDocument } from './config-document.ts';
import { checkPlace, dockerConfigFile, nameOf, readConfigText, type ConfigPlace } from './config-file.ts';
import { checkHelperName, eraseInHelper, storeInHelper, type CredentialHelper } from './credential-helper.ts';
import { keyOf, scopeOf } from './host-key.ts';
import { objectAt, withMember, withoutMember } from './json-members.ts';

/** Where a credential is kept now. */
export interface SavedCredential {
  /** The file, also where it names the helper. */
  readonly file: string;
  /** The program that keeps the credential; without it the file does, where whoever can read the file can read it. */
  readonly helper?: string | undefined;
}

/** A host, and where its credential is kept. */
export interface SaveCredentialOptions extends ConfigPlace {
  /** As references name it, with its port where it has one. */
  readonly host: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Keeps a credential where docker looks for it: in the helper that the file names for the host, else in the file
 * itself. The file is `file`, or docker's `config.json`; it is replaced in one step, with mode 0600, under a lock, and
 * everything else in it stays as it is, to the byte.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`; FormatError `ERR_JSON_INVALID` for a file that is malformed, which is left
 * alone; StoreError `ERR_STORE_WRITE`, `ERR_STORE_QUOTA`, `ERR_CONFLICT`.
 */
export async function saveDockerCredential(
  credential: Credential,
  options: SaveCredentialOptions,
): Promise<SavedCredential> {
  const { host, place, signal } = checked('saveDockerCredential', options);
  return changing<SavedCredential>(place, signal, async ({ text, document, file }) => {
    const helper = helperOf(document, host, place, signal);
    if (helper !== undefined && credential.kind !== 'bearer-token') {
      await storeInHelper(helper, keyOf(host), credential);
      return { text: withoutHost(text, host), result: { file, helper: `docker-credential-${helper.name}` } };
    }
    const entry = JSON.stringify(entryOf(credential), undefined, '\t');
    return { text: withAuth(withoutHost(text, host), keyOf(host), entry), result: { file } };
  });
}

/**
 * Forgets the credential of a host, in the helper that the file names for it and in the file. Credentials for a path of
 * the host stay. False where there was none.
 *
 * @throws As {@link saveDockerCredential}.
 */
export async function eraseDockerCredential(options: SaveCredentialOptions): Promise<boolean> {
  const { host, place, signal } = checked('eraseDockerCredential', options);
  return changing(place, signal, async ({ text, document }) => {
    const helper = helperOf(document, host, place, signal);
    const erased = helper !== undefined && (await eraseInHelper(helper, keyOf(host)));
    const rest = withoutHost(text, host);
    return { text: rest, result: erased || rest !== text };
  });
}

function checked(
  what: string,
  options: SaveCredentialOptions,
): { readonly host: string; readonly place: ConfigPlace; readonly signal: AbortSignal | undefined } {
  const { host: name, signal, ...place } = options;
  if (!isRegistryName(name)) throw new UsageError('ERR_INVALID_ARGUMENT', 'host is not one', { argument: 'host' });
  return { host: scopeOf(name).host, place: checkPlace(what, place), signal };
}

interface Config {
  readonly file: string;
  readonly text: string;
  readonly document: ConfigDocument;
}

/** Reads the file, and writes what comes out where that is something else, while nobody else changes it. */
async function changing<T>(
  place: ConfigPlace,
  signal: AbortSignal | undefined,
  change: (config: Config) => Promise<{ readonly text: string; readonly result: T }>,
): Promise<T> {
  const file = linkedFrom(place.file ?? dockerConfigFile(place));
  const folders = new Folders();
  const facts: FailureFacts = { store: file, action: 'write', what: nameOf(file), place: file };
  return orStoreFailure(facts, async () => {
    folders.make(dirname(file), 0o700);
    const run = async (): Promise<T> => {
      sweepTemporary(dirname(file), { prefix: 'put-' });
      const text = readConfigText(file) ?? '';
      const document = parseConfigDocument(text, nameOf(file));
      const changed = await change({ file, text: text.trim() === '' ? '{}' : text, document });
      if (changed.text !== text && !(text.trim() === '' && changed.text === '{}')) await write(file, changed.text);
      return changed.result;
    };
    try {
      return await withLock(`${file}.lock`, run, { signal });
    } finally {
      folders.removeEmpty();
    }
  });
}

async function write(file: string, text: string): Promise<void> {
  const bytes = utf8(text.endsWith('\n') ? text : `${text}\n`);
  await replaceFile(file, bytes, { temporary: dirname(file), durable: true, mode: 0o600 });
}

/** Where a link leads to: many keep their configuration elsewhere, and the link is not to be replaced by a file. */
function linkedFrom(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return path;
    throw error;
  }
}

function helperOf(
  document: ConfigDocument,
  host: string,
  { env }: ConfigPlace,
  signal: AbortSignal | undefined,
): CredentialHelper | undefined {
  const name = helperFor(document, host) ?? document.credsStore ?? '';
  return name === '' ? undefined : { name: checkHelperName(name, document.name), env, signal };
}

function entryOf(credential: Credential): Readonly<Record<string, string>> {
  switch (credential.kind) {
    case 'password':
      return { auth: toBase64(utf8(`${credential.username}:${credential.password}`)) };
    case 'refresh-token':
      return { identitytoken: credential.token };
    case 'bearer-token':
      return { registrytoken: credential.token };
  }
}

function withAuth(text: string, key: string, entry: string): string {
  const root = objectAt(text, text.indexOf('{'));
  const auths = root.members.find((member) => member.key === 'auths');
  if (auths === undefined || text[auths.valueStart] !== '{') {
    return withMember(text, root, 'auths', `{\n\t${JSON.stringify(key)}: ${entry.replaceAll('\n', '\n\t')}\n}`);
  }
  return withMember(text, objectAt(text, auths.valueStart), key, entry);
}

/** The text without what `auths` has for all of a host, under any of its names. */
function withoutHost(text: string, host: string): string {
  const root = objectAt(text, text.indexOf('{'));
  const auths = root.members.find((member) => member.key === 'auths');
  if (auths === undefined || text[auths.valueStart] !== '{') return text;
  const { members } = objectAt(text, auths.valueStart);
  const own = members.filter(({ key }) => scopeOf(key).host === host && scopeOf(key).path === '');
  return own.reduce((rest, { key }) => withoutMember(rest, objectAt(rest, auths.valueStart), key), text);
}
