import { untilAborted } from '../../../bytes/until-aborted.ts';
import { SigningError } from '../../../errors.ts';
import { redactUrl } from '../../../http/redact-url.ts';
import type { ServiceRequest } from '../keyless/service.ts';
import { withoutSecrets } from '../shared/without-secrets.ts';

/** What the package is to ask for, and what is to be said where it fails. */
export interface ClientRequest extends Pick<ServiceRequest, 'url' | 'name' | 'code' | 'secrets' | 'signal'> {
  readonly hint?: ((status: number | undefined) => string | undefined) | undefined;
}

/**
 * Lets the package ask a service. It takes no signal: where ours says stop nobody waits for it any longer, and what it
 * sent is sent.
 *
 * @throws SigningError with the code of the request.
 */
export async function askClient<T>(request: ClientRequest, ask: () => Promise<T>): Promise<T> {
  const { signal } = request;
  signal?.throwIfAborted();
  try {
    return await untilAborted(ask(), signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw failureOf(error, request);
  }
}

/** Errors of the package repeat what a service said, and the token that it was sent: only what is harmless is kept. */
function failureOf(error: unknown, request: ClientRequest): SigningError {
  const { name, code, url, secrets = [], hint } = request;
  const { status, words, passing } = lowest(error);
  const refused = secrets.length > 0 && [400, 401, 403].includes(status ?? 0) && /token|credential/i.test(words);
  return new SigningError(refused ? 'ERR_IDENTITY_TOKEN' : code, `${name} failed: ${withoutSecrets(words, secrets)}`, {
    service: redactUrl(url),
    retryable: passing,
    hint: hint?.(status),
    details: status === undefined ? {} : { status },
    ...(secrets.length > 0 ? {} : { cause: error }),
  });
}

interface Failure {
  readonly status: number | undefined;
  readonly words: string;
  /** Whether it may be over the next time. */
  readonly passing: boolean;
}

/** What the lowest error says: those above it only say in which step it happened. */
function lowest(error: unknown): Failure {
  let found = error;
  for (let depth = 0; depth < 8 && found instanceof Error && found.cause instanceof Error; depth++) found = found.cause;
  const { statusCode, code, type, message } = (found ?? {}) as Readonly<Record<string, unknown>>;
  const status = typeof statusCode === 'number' ? statusCode : undefined;
  const words = line(
    status === undefined ? [type, code].filter((word) => typeof word === 'string').join(' ') : message,
  );
  const passing =
    status === undefined ? type === 'system' || /timeout/i.test(words) : status >= 500 || [408, 429].includes(status);
  return { status, words: words === '' ? 'its answer is not what was expected' : words, passing };
}

function line(text: unknown): string {
  if (typeof text !== 'string') return '';
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, 300);
}
