/** One value of an npmrc file: text, or every text of a `key[]` list. A key without a value is `true`. */
export type NpmrcValue = string | readonly string[];

/**
 * Reads an npmrc file as npm does: `key = value` lines, `;` and `#` comments, quotes, `key[]` lists. What stands in a
 * section, or is no such line, is left out. `${NAME}` and `${NAME?}` are replaced from the environment in keys and
 * values; the first stays as it is where the variable is not set.
 *
 * @see npm's documentation, npmrc
 */
export function parseNpmrc(text: string, env: Readonly<Record<string, string | undefined>>): Map<string, NpmrcValue> {
  const values = new Map<string, NpmrcValue>();
  for (const line of text.replace(/^\ufeff/, '').split(/[\r\n]+/)) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith(';') || trimmed.startsWith('#')) continue;
    // Nothing that npm reads stands in a section, and a section ends with the file.
    if (/^\[[^\]]*\]$/.test(trimmed)) break;
    const equals = trimmed.indexOf('=');
    const key = expand(plain(equals === -1 ? trimmed : trimmed.slice(0, equals)), env);
    const value = equals === -1 ? 'true' : expand(plain(trimmed.slice(equals + 1)), env);
    if (!key.endsWith('[]')) values.set(key, value);
    else values.set(key.slice(0, -2), [...listed(values.get(key.slice(0, -2))), value]);
  }
  return values;
}

function listed(value: NpmrcValue | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** Takes away quotes, or else escapes and a comment at the end. */
function plain(text: string): string {
  const value = text.trim();
  if (value.length > 1 && value.startsWith('"') && value.endsWith('"')) return unquoted(value);
  if (value.length > 1 && value.startsWith("'") && value.endsWith("'")) return value.slice(1, -1);
  let result = '';
  for (let index = 0; index < value.length; index++) {
    const letter = value.charAt(index);
    const next = value.charAt(index + 1);
    if (letter === ';' || letter === '#') break;
    if (letter === '\\' && next !== '' && '\\;#'.includes(next)) result += value.charAt(++index);
    else result += letter;
  }
  return result.trim();
}

function unquoted(value: string): string {
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}

function expand(text: string, env: Readonly<Record<string, string | undefined>>): string {
  // The look behind keeps a long run of backslashes from being read again from each of them.
  return text.replace(
    /(?<!\\)(\\*)\$\{([^${}?]+)(\?)?\}/g,
    (whole, slashes: string, name: string, optional?: string) => {
      if (slashes.length % 2 === 1) return whole.slice((slashes.length + 1) / 2);
      return slashes.slice(slashes.length / 2) + (env[name] ?? (optional === undefined ? `\${${name}}` : ''));
    },
  );
}
