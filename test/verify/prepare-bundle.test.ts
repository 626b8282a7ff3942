import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/attest/bundle.ts';
import type { Envelope } from '../../src/attest/envelope.ts';
import { reportOn, signed, stating } from './some-evidence.ts';

describe('a bundle that was put together by hand', async () => {
  const statement = await signed({ statement: stating('https://sigstore.dev/cosign/sign/v1') });
  if (statement.content.kind !== 'dsse') throw new Error('no envelope');
  const { envelope } = statement.content;
  const holding = (change: Partial<Envelope>): Bundle => ({
    ...statement,
    content: { kind: 'dsse', envelope: { ...envelope, ...change } },
  });
  const certified = (...certificates: Uint8Array<ArrayBuffer>[]): Bundle => ({
    ...statement,
    material: { kind: 'certificate', certificates },
  });

  it.each<readonly [what: string, bundle: Bundle, code: string]>([
    ['no signature', holding({ signatures: [] }), 'ERR_ENVELOPE_INVALID'],
    [
      'two signatures',
      holding({ signatures: [...envelope.signatures, ...envelope.signatures] }),
      'ERR_ENVELOPE_INVALID',
    ],
    ['another payload type', holding({ payloadType: 'text/plain' }), 'ERR_PREDICATE_MISMATCH'],
    [
      'the type of in-toto in capitals',
      holding({ payloadType: 'application/vnd.in-toto+JSON' }),
      'ERR_PREDICATE_MISMATCH',
    ],
    [
      'a type of in-toto that was not signed',
      holding({ payloadType: 'application/vnd.in-toto.link+json' }),
      'ERR_SIGNATURE_INVALID',
    ],
    ['a payload that is no statement', holding({ payload: new Uint8Array(3) }), 'ERR_STATEMENT_INVALID'],
    ['a certificate that is none', certified(new Uint8Array(3)), 'ERR_CERTIFICATE_INVALID'],
    ['no certificate', certified(), 'ERR_CERTIFICATE_INVALID'],
  ])('is refused with %s', async (_what, bundle, code) => {
    expect(await reportOn(bundle)).toMatchObject({ verdict: 'failed', code });
  });

  it('has no check but the first where it cannot be read', async () => {
    const [report] = (await reportOn(holding({ payload: new Uint8Array(3) }))).bundles;
    expect(report?.checks.map(({ outcome }) => outcome)).toEqual(['failed', ...Array<string>(10).fill('not-checked')]);
    expect(report).toMatchObject({ times: [] });
  });
});
