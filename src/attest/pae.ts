import { utf8 } from '../bytes/encoding.ts';

/**
 * The bytes that the signatures of a DSSE envelope are over: its type and its payload, each behind its length in bytes
 * (DSSE v1.0.2, protocol, "PAE").
 */
export function encodePae(payloadType: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const type = utf8(payloadType);
  const head = utf8(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `);
  const encoded = new Uint8Array(head.length + payload.length);
  encoded.set(head);
  encoded.set(payload, head.length);
  return encoded;
}
