import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { exportPublicKeyPem, generateSigningKey, importSigningKey } from '../../src/adapters/signer/key.ts';
import { formatPem } from '../../src/bytes/pem.ts';
import { requestCertificate } from '../../src/adapters/signer/keyless/certificate-request.ts';
import { createEphemeralKey, ephemeralDetails } from '../../src/adapters/signer/keyless/ephemeral-key.ts';
import { parseIdentityToken } from '../../src/adapters/signer/keyless/identity-token.ts';
import { requestLogEntry } from '../../src/adapters/signer/keyless/log-request.ts';
import { serviceClient } from '../../src/adapters/signer/keyless/service.ts';
import { requestTimestamp } from '../../src/adapters/signer/keyless/timestamp-request.ts';
import { parseStatement } from '../../src/attest/statement.ts';
import { canonicalJson } from '../../src/bytes/canonical-json.ts';
import { fromUtf8, toBase64, utf8 } from '../../src/bytes/encoding.ts';
import { equalBytes } from '../../src/bytes/equal-bytes.ts';
import { parseJson } from '../../src/bytes/json.ts';
import { digestOf } from '../../src/digest/digest.ts';
import { saidByAttestation, statementBytes } from '../../src/pack/sign-content.ts';
import { parsePublicKeyPem } from '../../src/verify/crypto/public-key.ts';
import { now, someSigstore } from '../adapters/signer/keyless/some-sigstore.ts';
import { inJson } from './json.ts';
import { holds, judge, type FuzzTarget } from './judge.ts';

const key = await generateSigningKey();
const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', key.pair.privateKey));
const jwk = await crypto.subtle.exportKey('jwk', key.pair.privateKey);

/** A key as cosign seals it, at no cost, with the password `pw`. */
function sealed(): string {
  const [salt, nonce, params] = [new Uint8Array(32), new Uint8Array(24), { N: 16, r: 8, p: 1 }];
  const secret = scrypt('pw', salt, { ...params, dkLen: 32 });
  const document = {
    kdf: { name: 'scrypt', params, salt: toBase64(salt) },
    cipher: { name: 'nacl/secretbox', nonce: toBase64(nonce) },
    ciphertext: toBase64(xsalsa20poly1305(secret, nonce).encrypt(pkcs8)),
  };
  return formatPem('ENCRYPTED SIGSTORE PRIVATE KEY', utf8(JSON.stringify(document)));
}

const privateKey: FuzzTarget = {
  name: 'private key file',
  seeds: [pkcs8, utf8(formatPem('PRIVATE KEY', pkcs8)), utf8(JSON.stringify(jwk)), utf8(sealed())],
  dictionary: [
    ...['-----', '-----BEGIN ', 'PRIVATE KEY', 'EC ', 'RSA ', 'ENCRYPTED ', 'SIGSTORE ', '\r\n', '\ufeff', '='],
    ...['"kty":"RSA",', '"kty":"OKP",', '"crv":"Ed25519",', '"d":"",', '"oth":[],', '"use":"enc",', '\x30\x80'],
  ],
  run: (bytes) =>
    judge(async () => {
      const read = await importSigningKey(bytes, { password: 'pw' });
      holds(
        'a key that was read is of its algorithm',
        parsePublicKeyPem(await exportPublicKeyPem(read), read.details).spki.length > 0,
      );
    }),
};

const world = await someSigstore();
const { trust, fetch: asked = globalThis.fetch, identityToken } = await world.options({ logs: ['v1', 'v2'] });
const token = parseIdentityToken(identityToken as string, { now, audience: 'sigstore' });
const ephemeral = await createEphemeralKey(false);
const message = utf8('what is signed');
const signature = await ephemeral.sign({ message });

/** A client that is answered with these bytes; with none, by the service, whose answer is kept. */
function clientFor(bytes?: Uint8Array): { readonly client: ReturnType<typeof serviceClient>; kept: Uint8Array } {
  const result = { kept: new Uint8Array() };
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (bytes !== undefined) return new Response(Uint8Array.from(bytes));
    const answer = await asked(input, init);
    result.kept = new Uint8Array(await answer.clone().arrayBuffer());
    return answer;
  };
  const clock = { now: () => now, random: () => 0, sleep: () => Promise.resolve() };
  return Object.assign(result, { client: serviceClient({ fetch, clock, retry: { attempts: 1 } }) });
}

const certificateOf = ({ client }: ReturnType<typeof clientFor>): ReturnType<typeof requestCertificate> =>
  ephemeral.sign({ message: utf8(token.challenge) }).then((proof) =>
    requestCertificate(client, {
      authority: 'https://fulcio.one.example',
      token,
      publicKey: ephemeral.publicKey,
      proof,
      trust,
      expected: undefined,
      sct: true,
    }),
  );

const issuing = clientFor();
const issued = await certificateOf(issuing);

const certificateAnswer: FuzzTarget = {
  name: 'answer of a certificate authority',
  seeds: [issuing.kept],
  dictionary: [
    ...inJson,
    '"signedCertificateDetachedSct"',
    '"chain":',
    '-----BEGIN CERTIFICATE-----',
    '\\n',
    '\\u0000',
  ],
  run: (bytes) =>
    judge(async () => {
      const { certificate } = await certificateOf(clientFor(bytes));
      holds('what is believed is what was issued', equalBytes(certificate, issued.certificate));
    }),
};

function entryOf({ client }: ReturnType<typeof clientFor>, version: 1 | 2): ReturnType<typeof requestLogEntry> {
  const url = version === 1 ? 'https://rekor.one.example' : 'https://log2025.one.example';
  const digest = digestOf(message);
  return requestLogEntry(client, {
    log: { url, majorApiVersion: version, operator: 'one.example', validFor: { start: 0, end: undefined } },
    signed: {
      content: { kind: 'message', signature, digest: undefined },
      signature,
      digest,
      verifier: { kind: 'certificate', certificate: issued.certificate, details: ephemeralDetails },
    },
    trusted: trust.logs,
    times: [now],
  });
}

async function logAnswer(version: 1 | 2): Promise<FuzzTarget> {
  const entering = clientFor();
  const { body } = await entryOf(entering, version);
  return {
    name: `answer of a log of Rekor v${version}`,
    seeds: [entering.kept],
    dictionary: [...inJson, '"inclusionProof":', '"hashes":[', '"logIndex":', '"0"', '-1', '\\n', '\u2014 ', 'AAAA'],
    run: (bytes) =>
      judge(async () => {
        const entry = await entryOf(clientFor(bytes), version);
        holds('what is believed is what was entered', equalBytes(entry.body, body));
      }),
  };
}

const stamping = clientFor();
const authority = 'https://timestamp.one.example/api/v1/timestamp';
await requestTimestamp(stamping.client, { authority, signature, trusted: trust.timestampAuthorities });

const timestampAnswer: FuzzTarget = {
  name: 'answer of a timestamp authority',
  seeds: [stamping.kept],
  run: (bytes) =>
    judge(async () => {
      const { client } = clientFor(bytes);
      await requestTimestamp(client, { authority, signature, trusted: trust.timestampAuthorities });
      holds('an answer to another request is never taken', false);
    }),
};

const identity: FuzzTarget = {
  name: 'identity token',
  seeds: [utf8(token.text)],
  dictionary: ['.', '..', '-', '_', '=', 'eyJ', 'e30', ' ', '\n'],
  run: (bytes) =>
    judge(() => {
      const read = parseIdentityToken(new TextDecoder().decode(bytes), { now, audience: 'sigstore' });
      holds('a token that is sent names somebody', read.challenge !== '' && read.issuer !== '');
    }),
};

const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf(message), size: 14 };

const predicate: FuzzTarget = {
  name: 'predicate',
  seeds: ['{"a":[1,{"b":null}],"c":"d"}', '{"builder":{"id":"https://ci.example"},"n":1e21}'].map(utf8),
  dictionary: inJson,
  run: (bytes) =>
    judge(() => {
      const said = saidByAttestation({ predicateType: 'custom', predicate: parseJson(bytes) as object });
      const statement = statementBytes({ descriptor: subject, bytes: message }, said);
      const again = parseStatement(statement);
      holds(
        'what is stated is read as the same',
        fromUtf8(canonicalJson(again.predicate)) === fromUtf8(canonicalJson(said.predicate)),
      );
    }),
};

export const fuzzTargets: readonly FuzzTarget[] = [
  privateKey,
  certificateAnswer,
  await logAnswer(1),
  await logAnswer(2),
  timestampAnswer,
  identity,
  predicate,
];
