import type { Descriptor } from './descriptor.ts';
import { mediaTypes } from './media-types.ts';

/** The descriptor of the empty blob `{}`, which carries its own content (image-spec 1.1.1, "Guidance for an Empty Descriptor"). */
export const emptyDescriptor: Descriptor = /* @__PURE__ */ Object.freeze({
  mediaType: mediaTypes.empty,
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
  data: 'e30=',
});

/** The bytes that {@link emptyDescriptor} names, a new array each time. */
export function emptyBytes(): Uint8Array<ArrayBuffer> {
  return new Uint8Array([0x7b, 0x7d]);
}
