import { FormatError } from '../errors.ts';
import type { Descriptor } from './descriptor.ts';
import { checkAgainst, descriptorSchema } from './schema.ts';

/**
 * Takes a value that must be a descriptor (image-spec 1.1.1, descriptor): media type, digest and size in their
 * grammar, annotations that are strings, embedded data that has the digest and the size. Unknown members are kept.
 *
 * @throws FormatError `ERR_MANIFEST_INVALID` with what is wrong where.
 */
export function parseDescriptor(value: unknown): Descriptor {
  const checked = checkAgainst(descriptorSchema, value);
  if ('value' in checked) return checked.value;
  throw new FormatError('ERR_MANIFEST_INVALID', 'descriptor does not follow image-spec 1.1.1', checked);
}
