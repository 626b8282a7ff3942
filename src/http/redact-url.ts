const maxPath = 1000;

/** A URL for messages and events: without user info, query and fragment, where secrets travel, and not for ever. */
export function redactUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname.length > maxPath ? `${pathname.slice(0, maxPath)}…` : pathname}`;
}

/** A string as an absolute http or https URL; undefined for anything else. */
export function parseHttpUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}
