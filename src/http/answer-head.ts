/** The length that an answer announces for its body; undefined where it does not, or where it was decoded on the way. */
export function contentLength(response: Response): number | undefined {
  const text = response.headers.get('content-length');
  if (text === null || !/^\d{1,15}$/.test(text) || response.headers.has('content-encoding')) return undefined;
  return Number(text);
}

/** True for an answer that says of itself that it is a web page. */
export function isHtml(headers: Headers | undefined): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(headers?.get('content-type') ?? '');
}
