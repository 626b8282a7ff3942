import { utf8 } from '../../../bytes/encoding.ts';
import { checkObject } from '../../../bytes/check-options.ts';

/**
 * The bytes of the root that the caller trusts. A parsed one is written again: signatures are over its canonical form.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what is none of bytes, text and object.
 */
export function initialRoot(root: Uint8Array | string | object): Uint8Array {
  if (typeof root === 'string') return utf8(root);
  // A copy, also of a Buffer, whose slice is none.
  if (root instanceof Uint8Array) return new Uint8Array(root);
  checkObject('root', root);
  return utf8(JSON.stringify(root));
}
