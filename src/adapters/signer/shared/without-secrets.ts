/** What is shorter and in both is a word, or chance. */
const shortestPiece = 12;
const shortestSecret = 8;

/**
 * A text in which no piece of a secret is left: whoever was sent one may repeat it cut, in part, or between other words.
 * Pieces of less than 12 characters, and secrets of less than 8, stay.
 */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.filter(({ length }) => length >= shortestSecret).reduce(withoutPieces, text);
}

function withoutPieces(text: string, secret: string): string {
  const size = Math.min(shortestPiece, secret.length);
  let [kept, from] = ['', 0];
  for (let at = 0; at + size <= text.length; at++) {
    const found = secret.indexOf(text.slice(at, at + size));
    if (found === -1) continue;
    kept += `${text.slice(from, at)}…`;
    from = at + size;
    for (let of = found + size; from < text.length && text[from] === secret[of]; of++) from++;
    at = from - 1;
  }
  return kept + text.slice(from);
}
