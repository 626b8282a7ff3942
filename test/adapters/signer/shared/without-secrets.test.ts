import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutSecrets } from '../../../../src/adapters/signer/shared/without-secrets.ts';
import { repeats } from '../said-by.ts';

const secret = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJlLW9m';

describe('a text without secrets', () => {
  it.each([
    ['whole', `bad token ${secret}, sorry`, 'bad token …, sorry'],
    ['twice', `${secret}${secret}`, '……'],
    ['cut at the end', `bad token "${secret.slice(0, 30)}`, 'bad token "…'],
    ['cut at the beginning', `bad ${secret.slice(30)} token`, 'bad … token'],
    ['in one of its parts', `claims eyJzdWIiOiJzZWNyZXQifQ are bad`, 'claims … are bad'],
    ['not at all', 'token is bad', 'token is bad'],
    ['less than anybody could use', 'eyJhbGciOiJ is how it starts', 'eyJhbGciOiJ is how it starts'],
  ])('has none of what was in it %s', (_, text, left) => {
    expect(withoutSecrets(text, [secret])).toBe(left);
  });

  it('has none of several, and leaves what is too short to be one', () => {
    expect(withoutSecrets('a hunter22 b 1234567 c', ['hunter22', '1234567', ''])).toBe('a … b 1234567 c');
  });

  it('never holds a piece of 12 characters, wherever the secret is cut', () => {
    const piece = fc.tuple(fc.nat(secret.length), fc.nat(secret.length)).map(([a, b]) => secret.slice(a, b));
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.constantFrom(' ', '.', '"')), { maxLength: 6 }), (parts) => {
        const left = withoutSecrets(parts.join(' '), [secret]);
        expect(repeats(left, secret)).toBe(false);
      }),
    );
  });
});
