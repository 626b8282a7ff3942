import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { checkCount, checkOptions } from '../../../bytes/check-options.ts';
import { fromBase64, fromUtf8, toHex, utf8 } from '../../../bytes/encoding.ts';
import { UsageError } from '../../../errors.ts';
import { allowed, type RegistryAuth, type RegistryAuthDecision } from './auth.ts';
import { parseHtpasswd } from './htpasswd.ts';

/** Who may do what with a password, and who without. */
export interface HtpasswdAuthOptions {
  /** True where who has no password may pull and list. False by default. */
  readonly anonymousPull?: boolean | undefined;
  /** What browsers show who are asked for a password; `packwright` by default. */
  readonly realm?: string | undefined;
  /** Passwords that may wait to be checked; 16 by default. Who comes then is answered 429. */
  readonly maxPending?: number | undefined;
}

/** A user of a request: what `Authorization: Basic` says (RFC 7617). */
interface Login {
  readonly user: string;
  readonly password: string;
}

/**
 * Lets those in whom a file of `htpasswd` knows: every user may do everything, nobody else may do anything, or pull
 * with `anonymousPull`. Passwords are bcrypt (`htpasswd -B`) with a cost of at most 14, as distribution has it.
 *
 * Passwords are checked one at a time; one that was right is known again for five minutes by a keyed hash, so that a
 * push is not slowed by each of its requests. A user who is not there takes as long as a wrong password.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for text that is not such a file, and options that are unknown.
 */
export function htpasswdAuth(text: string, options: HtpasswdAuthOptions = {}): RegistryAuth {
  checkOptions('htpasswdAuth', options, ['anonymousPull', 'realm', 'maxPending']);
  const { anonymousPull = false, realm = 'packwright' } = options;
  if (!/^[ !#-[\]-~]{1,100}$/.test(realm)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'realm is not printable ASCII without quotes', { argument: 'realm' });
  }
  const challenge = `Basic realm="${realm}", charset="UTF-8"`;
  const checkPassword = passwordCheck(parseHtpasswd(text), checkCount('maxPending', options.maxPending, 16));
  return async ({ action, authorization }) => {
    // Whoever only pings is told that there are passwords: clients decide by that whether to send theirs.
    const open = anonymousPull && (action === 'pull' || action === 'catalog');
    if (authorization === undefined) return open ? allowed : { outcome: 'unauthorized', challenge };
    const login = parseBasic(authorization);
    const outcome = login === undefined ? 'unauthorized' : await checkPassword(login);
    return outcome === 'unauthorized' ? { outcome, challenge } : { outcome };
  };
}

function parseBasic(authorization: string): Login | undefined {
  const [, encoded] = /^basic[ ]+([A-Za-z0-9+/=]{1,4096})[ ]*$/i.exec(authorization) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  const text = bytes && decoded(bytes);
  const colon = text?.indexOf(':') ?? -1;
  return text === undefined || colon === -1
    ? undefined
    : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}

type Outcome = Exclude<RegistryAuthDecision['outcome'], 'denied'>;

const rememberedFor = 5 * 60_000;
const maxRemembered = 1000;

/** Checks passwords one at a time, as each takes a good part of a second of the processor. */
function passwordCheck(users: ReadonlyMap<string, string>, maxPending: number): (login: Login) => Promise<Outcome> {
  const nobody = nobodyLike([...users.values()]);
  let key: Uint8Array | undefined;
  const known = new Map<string, number>();
  let pending = 0;
  let last: Promise<unknown> = Promise.resolve();
  return async ({ user, password }) => {
    // Workers give no randomness before the first request.
    key ??= crypto.getRandomValues(new Uint8Array(32));
    const name = toHex(hmac(sha256, key, utf8(`${user.length}:${user}:${password}`)));
    const until = known.get(name);
    if (until !== undefined && until > Date.now()) return 'allowed';
    known.delete(name);
    if (pending >= maxPending) return 'busy';
    pending++;
    const checking = last.then(() => isPassword(users.get(user), password, nobody));
    last = checking.catch(() => undefined);
    const right = await checking.finally(() => pending--);
    if (!right) return 'unauthorized';
    if (known.size >= maxRemembered) known.clear();
    known.set(name, Date.now() + rememberedFor);
    return 'allowed';
  };
}

/** A hash that no password has, of the highest cost there is: who is not there takes time, too. */
function nobodyLike(hashes: readonly string[]): string {
  const costs = hashes.map((hash) => hash.slice(4, 6)).sort();
  return `$2b$${costs.at(-1) ?? '10'}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW`;
}

async function isPassword(hash: string | undefined, password: string, nobody: string): Promise<boolean> {
  // Only who has passwords pays for it, and it wants Node's `crypto` module on Workers.
  const { compare } = await import('bcryptjs');
  const same = await compare(password, hash ?? nobody);
  return same && hash !== undefined;
}
