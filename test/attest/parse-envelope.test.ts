import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../src/attest/parse-envelope.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { changed, refusal, thrownBy, type Document } from './change-document.ts';

const envelope: Document = {
  payload: '//8+',
  payloadType: 'application/vnd.in-toto+json',
  signatures: [{ keyid: 'a', sig: 'MEUC' }, { sig: 'MEQC' }],
};
const read = (document: unknown): ReturnType<typeof parseEnvelope> => parseEnvelope(JSON.stringify(document));

describe('parseEnvelope', () => {
  it('reads an envelope with several signatures', () => {
    expect(read(envelope)).toEqual({
      payload: Uint8Array.of(255, 255, 62),
      payloadType: 'application/vnd.in-toto+json',
      signatures: [
        { signature: Uint8Array.of(0x30, 0x45, 0x02), keyId: 'a' },
        { signature: Uint8Array.of(0x30, 0x44, 0x02), keyId: '' },
      ],
    });
  });

  it('reads url-safe base64, with and without padding, as DSSE demands', () => {
    expect(read({ ...envelope, payload: '__8-' }).payload).toEqual(Uint8Array.of(255, 255, 62));
    expect(read({ ...envelope, payload: '_w==' }).payload).toEqual(Uint8Array.of(255));
    expect(read({ ...envelope, payload: '_w' }).payload).toEqual(Uint8Array.of(255));
  });

  it('ignores members that it does not know, as DSSE demands', () => {
    expect(read({ ...envelope, extra: 1, signatures: [{ sig: 'MEUC', extension: {} }] }).signatures).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['payload', undefined],
    ['payload', ''],
    ['payload', '_/8='],
    ['payload', '//8+='],
    ['payload', '/'],
    ['payload', 12],
    ['payloadType', undefined],
    ['payloadType', ''],
    ['signatures', undefined],
    ['signatures', []],
    ['signatures', {}],
    ['signatures.1', null],
    ['signatures.1.sig', undefined],
    ['signatures.1.sig', ''],
    ['signatures.1.keyid', 7],
  ])('refuses %s of %j', (path, value) => {
    expect(thrownBy(() => read(changed(envelope, path, value)))).toMatchObject(refusal('ERR_ENVELOPE_INVALID', path));
  });

  it('takes 32 signatures and refuses one more', () => {
    const many = (count: number): unknown => Array.from({ length: count }, () => ({ sig: 'MEUC' }));
    expect(read({ ...envelope, signatures: many(32) }).signatures).toHaveLength(32);
    expect(thrownBy(() => read({ ...envelope, signatures: many(33) }))).toMatchObject(
      refusal('ERR_LIMIT_EXCEEDED', 'signatures'),
    );
  });

  it('refuses more than 16 MiB, and what is no JSON', () => {
    const large = utf8(JSON.stringify(envelope) + ' '.repeat(16 * 1024 * 1024));
    expect(thrownBy(() => parseEnvelope(large))).toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    expect(thrownBy(() => parseEnvelope('{"payload":"", "payload":""}'))).toMatchObject({
      code: 'ERR_ENVELOPE_INVALID',
    });
  });
});
