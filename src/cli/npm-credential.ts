import { toBase64, utf8 } from '../bytes/encoding.ts';
import type { NpmSettings } from './npm-settings.ts';

/** Headers that prove who asks. */
export interface NpmCredential {
  readonly authorization: string;
}

/**
 * The credential that npm's settings hold for an address: that of the longest `//host/path/` which it lies below.
 * Another host or port is another address, and so is another path.
 *
 * @see npm's documentation, npmrc, "auth related configuration"
 */
export function credentialIn(settings: NpmSettings, url: URL): NpmCredential | undefined {
  for (let key = `//${url.host}${url.pathname}`; key.length > 2; key = shorter(key)) {
    const credential = credentialAt(settings, key);
    if (credential !== undefined) return credential;
  }
  return undefined;
}

/** npm knows both `//host/path/` and `//host/path`. */
function shorter(key: string): string {
  return key.endsWith('/') ? key.slice(0, -1) : key.slice(0, key.lastIndexOf('/') + 1);
}

function credentialAt(settings: NpmSettings, key: string): NpmCredential | undefined {
  const token = known(settings.text(`${key}:_authToken`));
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  const basic = known(settings.text(`${key}:_auth`));
  if (basic !== undefined) return { authorization: `Basic ${basic}` };
  const username = known(settings.text(`${key}:username`));
  const password = known(settings.text(`${key}:_password`));
  if (username === undefined || password === undefined) return undefined;
  return basicCredential(username, new TextDecoder().decode(Buffer.from(password, 'base64')));
}

/** A user name and a password as a header (RFC 7617). */
export function basicCredential(username: string, password: string): NpmCredential {
  return { authorization: `Basic ${toBase64(utf8(`${username}:${password}`))}` };
}

/** The name of a variable that is not set is no secret to send; neither is what cannot stand in a header. */
function known(value: string | undefined): string | undefined {
  return value === undefined || /\$\{[^}]*\}|[^\x21-\x7e]/.test(value) ? undefined : value;
}
