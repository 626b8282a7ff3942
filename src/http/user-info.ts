import { toBase64, utf8 } from '../bytes/encoding.ts';

/** The header for the user info of a URL. */
export function userInfoOf({ username, password }: URL): Record<string, string> {
  return { authorization: `Basic ${toBase64(utf8(`${decode(username)}:${decode(password)}`))}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
