/** True for an answer that says of itself that it is a web page. */
export function isHtml(headers: Headers | undefined): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(headers?.get('content-type') ?? '');
}
