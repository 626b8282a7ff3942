import { parseSigningConfig } from '../../../../src/attest/signing-config.ts';
import { parseTrustRoot } from '../../../../src/attest/parse-trust-root.ts';
import type { SignerContent } from '../../../../src/ports/signer.ts';
import type { KeylessSignerOptions } from '../../../../src/adapters/signer/keyless.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { createTestIssuer, type TestIssuer } from '../../../../src/testing/sigstore/test-issuer.ts';
import {
  createTestSigstore,
  type TestSigstore,
  type TestSigstoreOptions,
} from '../../../../src/testing/sigstore/test-sigstore.ts';
import { testSigstoreServices, type TestSigningConfigOptions } from '../../../../src/testing/sigstore/services.ts';
import { testArtifact, testStatement } from '../../../../src/testing/sigstore/good-bundles.ts';

/** The time in all of it. */
export const now: number = Date.UTC(2025, 0, 1);

/** A request that a service was sent. */
export interface Seen {
  readonly method: string;
  readonly host: string;
  readonly text: string;
}

/** Answers in the place of a service, or says undefined and lets it answer. */
export type Intercept = (request: Request, count: number) => Response | Promise<Response> | undefined;

/** A Sigstore with its services, and what was asked of them. */
export interface SomeSigstore {
  readonly sigstore: TestSigstore;
  readonly issuer: TestIssuer;
  readonly seen: Seen[];
  /** Hosts that were asked, in order. */
  hosts(): readonly string[];
  token(claims?: Parameters<TestIssuer['token']>[0]): Promise<string>;
  /** Options of a signer that nobody waits for. */
  options(config?: TestSigningConfigOptions, more?: Partial<KeylessSignerOptions>): Promise<KeylessSignerOptions>;
}

export const person = { sub: '1', email: 'dev@example.com', email_verified: true } as const;
export const message: SignerContent = { kind: 'message', message: testArtifact };
export const statement: SignerContent = {
  kind: 'dsse',
  payloadType: 'application/vnd.in-toto+json',
  payload: utf8(JSON.stringify(testStatement())),
};

/** Keys are made once: what differs from one to the next is what they do wrong. */
export const sharedKeys: Promise<TestSigstore['keys']> = createTestSigstore().then(({ keys }) => keys);

export async function someSigstore(
  given: TestSigstoreOptions & { readonly intercept?: Intercept } = {},
): Promise<SomeSigstore> {
  const { intercept, ...sigstoreOptions } = given;
  const sigstore = await createTestSigstore({ keys: await sharedKeys, ...sigstoreOptions });
  const issuer = await createTestIssuer();
  const services = testSigstoreServices(sigstore, issuer);
  const seen: Seen[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const { host } = new URL(request.url);
    const count = seen.filter((one) => one.host === host).length;
    seen.push({ method: request.method, host, text: await request.clone().text() });
    return (await intercept?.(request, count)) ?? services.fetch(request);
  };
  const token: SomeSigstore['token'] = (claims = person) => issuer.token(claims);
  return {
    sigstore,
    issuer,
    seen,
    token,
    hosts: () => seen.map(({ host }) => host),
    options: async (config, more = {}) => ({
      signingConfig: parseSigningConfig(services.signingConfig(config)),
      trust: parseTrustRoot(sigstore.trustRoot),
      identityToken: await token(),
      fetch,
      clock: { now: () => now, random: () => 0, sleep: () => Promise.resolve() },
      ...more,
    }),
  };
}
