import type { TransparencyLog } from '../../attest/trust-root.ts';
import { utf8 } from '../../bytes/encoding.ts';
import { hashBytes } from '../crypto/hash-bytes.ts';
import type { PublicKey } from '../crypto/public-key.ts';
import { logKey } from './log-key.ts';

/**
 * The names that the checkpoints of a log may carry: its URL without the scheme, its host with and without the port.
 * Rekor v2 takes the host name alone, also where the URL has a port; other logs share a host and differ by path.
 */
export function checkpointNames(log: TransparencyLog): readonly string[] {
  try {
    const { host, hostname, pathname } = new URL(log.baseUrl);
    return [hostname, host, `${host}${pathname.replace(/\/$/, '')}`];
  } catch {
    return [log.baseUrl];
  }
}

/** The name in an origin of Rekor v1, which has the number of a tree behind it; undefined for another origin. */
function nameOfTree(origin: string): string | undefined {
  return /^(.{1,500}) - [0-9]{1,20}$/.exec(origin)?.[1];
}

/**
 * The names of a log under which a checkpoint of this origin can be its own; none where the origin is of another log.
 *
 * Rekor v1 calls itself by the host that it runs on, which a private instance does not share with its URL. Its key id is
 * that of the log: a name that is not of the URL says no more than that, and the signature decides.
 */
export function namesFor(origin: string, log: TransparencyLog): readonly string[] {
  const name = nameOfTree(origin);
  return name === undefined ? checkpointNames(log).filter((one) => one === origin) : [name];
}

/**
 * The four bytes that the checkpoints of a log name its key by: what the trust root says, or what is computed as C2SP
 * signed-note does. Rekor v1, whose origin has a tree number, takes those of the log id.
 */
export async function checkpointKeyId(log: TransparencyLog, name: string, origin: string): Promise<Uint8Array> {
  const said = log.checkpointKeyId ?? (nameOfTree(origin) === name ? log.logId : undefined);
  return (said ?? (await hashBytes(namedKey(name, logKey(log)), 'sha256'))).subarray(0, 4);
}

/** What a key id is the hash of. */
function namedKey(name: string, { kind, spki, raw }: PublicKey): Uint8Array {
  if (kind.startsWith('P-')) return spki;
  const named = utf8(`${name}\n`);
  if (kind === 'Ed25519') return Uint8Array.of(...named, 1, ...raw);
  return Uint8Array.of(...named, 0xff, ...utf8('PKIX-RSA-PKCS#1v1.5'), ...spki);
}
