import { fromUtf8 } from '../../bytes/encoding.ts';
import { parseJson, type JsonValue } from '../../bytes/json.ts';
import { FormatError, isPackError } from '../../errors.ts';
import type { Credential } from '../../ports/credential.ts';
import { keysFor } from './host-key.ts';

/** A configuration of docker or podman, as far as it is about credentials. */
export interface ConfigDocument {
  /** Names the document in errors. */
  readonly name: string;
  readonly auths: JsonObject;
  readonly credHelpers: JsonObject;
  readonly credsStore: string | undefined;
}

type JsonObject = Readonly<Record<string, JsonValue>>;

const maxBytes = 4 * 1024 * 1024;

/**
 * Reads a configuration. Nothing at all is an empty one, as docker has it.
 *
 * @throws FormatError `ERR_JSON_INVALID`, `ERR_LIMIT_EXCEEDED`, which name the document and never what stands in it.
 */
export function parseConfigDocument(text: string, name: string): ConfigDocument {
  const root = text.trim() === '' ? {} : objectIn(parseText(text, name), name, 'the document');
  const { credsStore } = root;
  if (credsStore !== undefined && credsStore !== null && typeof credsStore !== 'string') {
    throw malformed(name, 'credsStore is no text');
  }
  return {
    name,
    auths: objectIn(root['auths'] ?? {}, name, 'auths'),
    credHelpers: objectIn(root['credHelpers'] ?? {}, name, 'credHelpers'),
    credsStore: credsStore === '' || credsStore === null ? undefined : credsStore,
  };
}

/** What the variable `DOCKER_AUTH_CONFIG` holds. */
export function documentIn(env: Readonly<Record<string, string | undefined>>): ConfigDocument {
  return parseConfigDocument(env['DOCKER_AUTH_CONFIG'] ?? '', 'DOCKER_AUTH_CONFIG');
}

/**
 * The credential that stands in a document for a host; undefined where none does.
 *
 * @param host - As references name it, in lower case.
 * @throws FormatError `ERR_JSON_INVALID` where it cannot be read.
 */
export function credentialIn(
  { auths, name }: ConfigDocument,
  host: string,
  repository: string | undefined,
): Credential | undefined {
  for (const key of keysFor(Object.keys(auths), host, repository)) {
    const credential = credentialOf(auths[key] ?? {}, name, `auths of ${JSON.stringify(key)}`);
    if (credential !== undefined) return credential;
  }
  return undefined;
}

/**
 * The helper that keeps the credential of a host: `undefined` for none, '' where none is to be asked although there is
 * one for all others.
 */
export function helperFor({ credHelpers, name }: ConfigDocument, host: string): string | undefined {
  const [key] = keysFor(Object.keys(credHelpers), host, undefined);
  const helper = key === undefined ? undefined : credHelpers[key];
  if (helper === undefined || typeof helper === 'string') return helper;
  throw malformed(name, `credHelpers of ${JSON.stringify(key)} is no text`);
}

/** An entry of `auths`. What is closest to what the registry wants decides: a token for it, one to trade, a password. */
function credentialOf(value: JsonValue, name: string, place: string): Credential | undefined {
  const entry = objectIn(value, name, place);
  const text = (field: string): string => {
    const found = entry[field] ?? '';
    if (typeof found === 'string') return found;
    throw malformed(name, `${field} in ${place} is no text`);
  };
  if (text('registrytoken') !== '') return { kind: 'bearer-token', token: text('registrytoken') };
  if (text('identitytoken') !== '') return { kind: 'refresh-token', token: text('identitytoken') };
  if (text('auth') !== '') return decodeAuth(text('auth'), name, place);
  const username = text('username');
  return username === '' ? undefined : { kind: 'password', username, password: text('password') };
}

/** `auth` is the base64 of a name, a colon and a password, which may have colons. Old writers filled up with zeros. */
function decodeAuth(auth: string, name: string, place: string): Credential {
  const decoded = decodeBase64(auth.replace(/[\r\n]/g, ''));
  const colon = decoded?.indexOf(':') ?? -1;
  if (decoded === undefined || colon < 1) {
    throw malformed(name, `auth in ${place} is not the base64 of a name, a colon and a password`);
  }
  return { kind: 'password', username: decoded.slice(0, colon), password: trimZeros(decoded.slice(colon + 1)) };
}

function decodeBase64(text: string): string | undefined {
  try {
    return fromUtf8(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

function trimZeros(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text.charCodeAt(start) === 0) start++;
  while (end > start && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(start, end);
}

function parseText(text: string, name: string): JsonValue {
  try {
    return parseJson(text, { maxBytes });
  } catch (error) {
    // No cause: what was found wrong is told with a piece of the text.
    if (isPackError(error) && error.code === 'ERR_LIMIT_EXCEEDED') throw tooLarge(name);
    throw malformed(name, 'it is no valid JSON');
  }
}

function objectIn(value: JsonValue, name: string, place: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw malformed(name, `${place} is no object`);
}

/** An error that says where something is wrong, and nothing of what stands there. */
export function malformed(name: string, problem: string): FormatError {
  return new FormatError('ERR_JSON_INVALID', `${name} cannot be used: ${problem}`, {
    hint: 'correct it, or log in again',
  });
}

function tooLarge(name: string): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `${name} is larger than ${maxBytes} bytes, or nested too deep`);
}
