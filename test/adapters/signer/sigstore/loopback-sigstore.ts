import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { SigstoreSignerOptions } from '../../../../src/adapters/signer/sigstore.ts';
import { parseTrustRoot } from '../../../../src/attest/parse-trust-root.ts';
import { parseSigningConfig } from '../../../../src/attest/signing-config.ts';
import { concatBytes } from '../../../../src/bytes/stream.ts';
import { testSigstoreServices, type TestSigningConfigOptions } from '../../../../src/testing/sigstore/services.ts';
import { createTestIssuer, type TestIssuer } from '../../../../src/testing/sigstore/test-issuer.ts';
import {
  createTestSigstore,
  type TestSigstore,
  type TestSigstoreOptions,
} from '../../../../src/testing/sigstore/test-sigstore.ts';
import { person, sharedKeys, type Intercept } from '../keyless/some-sigstore.ts';

/** A Sigstore in memory whose services answer on loopback, at the time that it is. */
export interface LoopbackSigstore {
  readonly sigstore: TestSigstore;
  readonly issuer: TestIssuer;
  /** Hosts that were asked, in order. */
  readonly hosts: readonly string[];
  /** The document that lists them. */
  signingConfig(config?: TestSigningConfigOptions): string;
  /** Options of a signer that asks this one. */
  options(config?: TestSigningConfigOptions, more?: Partial<SigstoreSignerOptions>): Promise<SigstoreSignerOptions>;
}

/** Starts it, until the test is over. The first part of a path is the host that it stands for. */
export async function startLoopbackSigstore(
  given: TestSigstoreOptions & { readonly intercept?: Intercept } = {},
): Promise<LoopbackSigstore> {
  const { intercept, ...sigstoreOptions } = given;
  const clock = (): number => Date.now();
  const sigstore = await createTestSigstore({ keys: await sharedKeys, clock, ...sigstoreOptions });
  const issuer = await createTestIssuer({ clock });
  const services = testSigstoreServices(sigstore, issuer);
  const hosts: string[] = [];
  const base = await listen(async (request) => {
    const { host } = new URL(request.url);
    const count = hosts.filter((one) => one === host).length;
    hosts.push(host);
    return (await intercept?.(request, count)) ?? services.fetch(request);
  });
  const signingConfig = (config?: TestSigningConfigOptions): string =>
    services.signingConfig(config).replaceAll('https://', base);
  return {
    sigstore,
    issuer,
    hosts,
    signingConfig,
    options: async (config, more = {}) => ({
      signingConfig: parseSigningConfig(signingConfig(config)),
      trust: parseTrustRoot(sigstore.trustRoot),
      identityToken: await issuer.token(person),
      retries: 0,
      ...more,
    }),
  };
}

async function listen(answer: (request: Request) => Promise<Response>): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    void respond(answer, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => close(server));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function respond(
  answer: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
  const method = incoming.method ?? 'GET';
  const type = incoming.headers['content-type'];
  const body = concatBytes(
    chunks,
    chunks.reduce((size, { length }) => size + length, 0),
  );
  const response = await answer(
    new Request(`https:/${incoming.url ?? ''}`, {
      method,
      headers: type === undefined ? {} : { 'content-type': type },
      ...(method === 'GET' ? {} : { body }),
    }),
  );
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(new Uint8Array(await response.arrayBuffer()));
}
