import { checkOptions } from '../../bytes/check-options.ts';
import { isPackError } from '../../errors.ts';
import type { JsonObject } from './log-body.ts';
import type { TestIssuer } from './test-issuer.ts';
import { insideOf, type TestSigstore } from './test-sigstore.ts';
import type { TestLog } from './transparency-log.ts';
import { refusal, type Handler } from './services/answers.ts';
import { fulcioHandler } from './services/fulcio.ts';
import { rekorV1Handler, rekorV2Handler } from './services/rekor.ts';
import { timestampHandler } from './services/timestamp.ts';

/** Which services the signing config of a {@link TestSigstoreServices} lists. */
export interface TestSigningConfigOptions {
  /** Logs by version of Rekor; the second of a version is of another operator. One of v2 by default. */
  readonly logs?: readonly ('v1' | 'v2')[] | undefined;
  /** How many timestamp authorities, 2 at most; 1 by default. */
  readonly timestamps?: number | undefined;
}

/** The services of a Sigstore in memory. */
export interface TestSigstoreServices {
  /** Answers for all of them, in place of the `fetch` of a client. Nobody else is there: other hosts are not found. */
  readonly fetch: typeof globalThis.fetch;
  /** A SigningConfig document, as JSON text. All that it lists is to be asked. */
  readonly signingConfig: (options?: TestSigningConfigOptions) => string;
}

/**
 * The services of a Sigstore in memory, to test what signs: a certificate authority that takes the tokens of an issuer,
 * logs of Rekor v1 and v2, timestamp authorities. They check what they are sent as the real ones do, and what they do
 * wrong are the faults of the Sigstore.
 *
 * @example
 * ```ts
 * const sigstore = await createTestSigstore();
 * const issuer = await createTestIssuer();
 * const services = testSigstoreServices(sigstore, issuer);
 * const signer = keylessSigner({
 *   signingConfig: parseSigningConfig(services.signingConfig()),
 *   trust: parseTrustRoot(sigstore.trustRoot),
 *   identityToken: await issuer.token({ sub: '1', email: 'dev@example.com', email_verified: true }),
 *   fetch: services.fetch,
 *   clock: { now: () => Date.UTC(2025, 0, 1) },
 * });
 * ```
 */
export function testSigstoreServices(sigstore: TestSigstore, issuer: TestIssuer): TestSigstoreServices {
  const inside = insideOf(sigstore);
  const { logs, timestampAuthorities } = inside.world;
  const handlers = new Map<string, Handler>([['https://fulcio.one.example', fulcioHandler(inside, issuer)]]);
  for (const log of logs.v1) handlers.set(urlOf(log), rekorV1Handler(inside, log));
  for (const log of logs.v2) handlers.set(urlOf(log), rekorV2Handler(inside, log));
  for (const one of timestampAuthorities) {
    handlers.set(`https://timestamp.${one.operator}`, timestampHandler(inside, one));
  }
  return {
    fetch: async (input, init) => {
      const request = new Request(input, init);
      request.signal.throwIfAborted();
      const handler = handlers.get(new URL(request.url).origin);
      return handler === undefined ? issuer.fetch(request) : answered(handler, request);
    },
    signingConfig: (options = {}) => JSON.stringify(signingConfigDocument(inside.world, options)),
  };
}

function urlOf({ name }: TestLog): string {
  return `https://${name}`;
}

/** What a service cannot read it refuses. */
async function answered(handler: Handler, request: Request): Promise<Response> {
  try {
    return await handler(request);
  } catch (error) {
    if (!isPackError(error)) throw error;
    return refusal(400, error.message);
  }
}

type World = ReturnType<typeof insideOf>['world'];

function signingConfigDocument(world: World, options: TestSigningConfigOptions): JsonObject {
  checkOptions('signing config', options, ['logs', 'timestamps']);
  const { logs = ['v2'], timestamps = 1 } = options;
  const used = { v1: 0, v2: 0 };
  const chosen = logs.flatMap((version) => world.logs[version][used[version]++] ?? []);
  const stamping = world.timestampAuthorities.slice(0, timestamps);
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [serviceOf('https://fulcio.one.example', 1, 'one.example')],
    oidcUrls: [],
    rekorTlogUrls: chosen.map((log) => serviceOf(urlOf(log), log.version === 'v1' ? 1 : 2, log.operator)),
    rekorTlogConfig: { selector: 'ALL' },
    tsaUrls: stamping.map(({ operator }) => serviceOf(`https://timestamp.${operator}/api/v1/timestamp`, 1, operator)),
    tsaConfig: { selector: 'ALL' },
  };
}

function serviceOf(url: string, majorApiVersion: number, operator: string): JsonObject {
  return { url, majorApiVersion, validFor: { start: '2020-01-01T00:00:00Z' }, operator };
}
