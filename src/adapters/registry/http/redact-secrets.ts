import { toBase64, utf8 } from '../../../bytes/encoding.ts';
import type { Credential } from '../../../ports/credential.ts';

/** Every form in which a credential could come back in the words of a server. */
export function secretsOf(credential: Credential): string[] {
  if (credential.kind !== 'password') return [credential.token, toBase64(utf8(credential.token))];
  const { password } = credential;
  return [
    basicOf(credential),
    password,
    toBase64(utf8(password)),
    encodeURIComponent(password),
    new URLSearchParams({ '': password }).toString().slice(1),
    JSON.stringify(password).slice(1, -1),
  ];
}

/** A name and a password as Basic sends them (RFC 7617 section 2). */
export function basicOf({ username, password }: { readonly username: string; readonly password: string }): string {
  return toBase64(utf8(`${username}:${password}`));
}

/** A text from outside without secrets: those that are known, and what looks like one. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  return clean
    .replace(/\b(basic|bearer) +[A-Za-z0-9+/=._~-]{8,}/gi, '$1 ***')
    .replace(/\b(https?:\/\/)[^\s/?#"'<>@]{1,200}@/gi, '$1')
    .replace(/(\bhttps?:\/\/[^\s?"'<>]{1,2000})\?[^\s"'<>]*/gi, '$1');
}
