import { describe, expect, it } from 'vitest';
import { generateSigningKey, importSigningKey } from '../../../../src/adapters/signer/key.ts';
import { fromUtf8, toHex, utf8 } from '../../../../src/bytes/encoding.ts';
import { formatPem, parsePem } from '../../../../src/bytes/pem.ts';
import { mutated } from '../../../fuzz/mutate.ts';
import { repeats, saidBy } from '../said-by.ts';
import { cosignKey } from './some-keys.ts';

const keys = await Promise.all(
  (['PKIX_ECDSA_P256_SHA_256', 'PKIX_ED25519', 'PKIX_RSA_PKCS1V15_2048_SHA256'] as const).map((algorithm) =>
    generateSigningKey({ algorithm }),
  ),
);
const pkcs8 = await Promise.all(
  keys.map(async ({ pair }) => new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))),
);
const jwks = await Promise.all(keys.map(({ pair }) => crypto.subtle.exportKey('jwk', pair.privateKey)));
const [ec = new Uint8Array()] = pkcs8;

/** What is written in a file, and what of it is secret in any spelling. */
const files: readonly (readonly [string, string, readonly string[]])[] = [
  ...pkcs8.map((der) => ['PKCS#8', formatPem('PRIVATE KEY', der), [toHex(der)]] as const),
  ['SEC1 that says PKCS#8', formatPem('EC PRIVATE KEY', ec), [toHex(ec)]],
  ['PKCS#8 that says it is encrypted', formatPem('ENCRYPTED PRIVATE KEY', ec), [toHex(ec)]],
  ['PKCS#8 that says it is of cosign', formatPem('ENCRYPTED SIGSTORE PRIVATE KEY', ec), [toHex(ec)]],
  ...jwks.map((jwk) => ['a JWK', JSON.stringify(jwk, null, 1), [jwk.d ?? '']] as const),
  ['a key of cosign', cosignKey, [fromUtf8(parsePem(cosignKey, 'ENCRYPTED SIGSTORE PRIVATE KEY'))]],
];

/** The lines of a file that are no words of a format. */
function bodyOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.includes('-----') && !line.includes('{') && !line.includes('key_ops'))
    .join('');
}

describe('no error of a key file that is broken repeats a part of it, or of the password:', () => {
  const password = 'correct-horse-battery-staple';

  it.each(files)(
    '%s',
    async (_, text, secrets) => {
      const target = { name: '', seeds: [utf8(text)], dictionary: ['-----', '\n', '"', '{', ' '], run: async () => {} };
      let refused = 0;
      // To open one of cosign takes a tenth of a second and more.
      const runs = text === cosignKey ? 30 : 150;
      for (let run = 0; run < runs; run++) {
        const given = mutated(target, 3, run);
        const error: unknown = await importSigningKey(given, { password }).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error === undefined) continue;
        refused++;
        expect(error).toMatchObject({ name: 'SigningError' });
        const said = saidBy(error);
        for (const secret of [bodyOf(text), ...secrets]) expect(repeats(said, secret)).toBe(false);
        expect(said).not.toContain(password);
      }
      expect(refused).toBeGreaterThan(runs / 8);
    },
    30_000,
  );
});
