const maxLength = 1024;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
const parameterPattern =
  /^[ \t]*[A-Za-z0-9!#$%&'*+.^_`|~-]+=(?:[A-Za-z0-9!#$%&'*+.^_`|~-]+|"[^"\\;\u0000-\u001f\u007f]*")[ \t]*$/;

/**
 * True for a media type: `type/subtype`, each 1 to 127 characters of RFC 6838 section 4.2, and after it at most
 * parameters such as `;version=0.1`, which Sigstore's trusted root has. 1,024 characters in all.
 */
export function isMediaType(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > maxLength) return false;
  const [name = '', ...parameters] = text.split(';');
  return namePattern.test(name) && parameters.every((parameter) => parameterPattern.test(parameter));
}
