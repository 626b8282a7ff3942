import type { TransparencyLog } from '../../attest/trust-root.ts';
import { parsePublicKey, type PublicKey } from '../crypto/public-key.ts';

// A trust root is a value that is used again and again, and its keys are the same every time.
const keys = new WeakMap<TransparencyLog, PublicKey>();

/** The key of a log, read when it is first needed. Throws as `parsePublicKey` does. */
export function logKey(log: TransparencyLog): PublicKey {
  let key = keys.get(log);
  if (key === undefined) keys.set(log, (key = parsePublicKey(log.publicKey.bytes, log.publicKey.details)));
  return key;
}
