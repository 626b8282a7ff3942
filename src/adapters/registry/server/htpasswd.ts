import { UsageError } from '../../../errors.ts';

const bcryptPattern = /^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$/;

/** Each step doubles the time: 14 takes some seconds already. */
const maxCost = 14;
const minCost = 4;

/**
 * Reads a file of Apache's `htpasswd`: the bcrypt hash of each user. Empty lines and those that begin with `#` are
 * left out.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`, with the line: one that is none, a user twice, or another hash than bcrypt.
 */
export function parseHtpasswd(text: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const colon = line.indexOf(':');
    const user = line.slice(0, Math.max(colon, 0));
    const hash = line.slice(colon + 1).trim();
    if (user === '') throw invalid(index, 'is not <user>:<hash>');
    if (users.has(user)) throw invalid(index, 'has a user who is there already');
    const cost = Number(bcryptPattern.exec(hash)?.[1]);
    if (!(cost >= minCost && cost <= maxCost))
      throw invalid(index, `has no bcrypt hash of cost ${minCost} to ${maxCost}`);
    users.set(user, hash);
  });
  return users;
}

function invalid(index: number, what: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `htpasswd line ${index + 1} ${what}`, {
    argument: 'text',
    hint: 'htpasswd -nB USER writes such a line',
  });
}
