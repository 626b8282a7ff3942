import type { Bundle } from '../../../src/attest/bundle.ts';

/** The same bundle with one byte of the payload in its envelope changed. */
export function changedPayload(bundle: Bundle): Bundle {
  if (bundle.content.kind !== 'dsse') throw new Error('bundle has no envelope');
  const { envelope } = bundle.content;
  const payload = Uint8Array.from(envelope.payload, (byte, index) => (index === 20 ? byte ^ 1 : byte));
  return { ...bundle, content: { kind: 'dsse', envelope: { ...envelope, payload } } };
}
