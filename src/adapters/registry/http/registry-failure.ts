import { RegistryError, type RegistryErrorCode } from '../../../errors.ts';
import { HttpFailure, networkCode } from '../../../http/http-failure.ts';
import { corsHint, explainCors, type CorsProbe } from './cors.ts';
import { parseErrorBody, type ErrorBody } from './error-body.ts';
import { redactSecrets } from './redact-secrets.ts';

/** What was asked, for the words of an error. */
export interface FailureContext {
  /** The registry, as references name it. */
  readonly id: string;
  /** `PUT team/app/manifests/1.0` */
  readonly what: string;
  readonly secrets: readonly string[];
  /** True where a credential was sent. */
  readonly authorised: boolean;
}

/** The error for a failure of a whole request; in a browser, also why nothing was to be seen of an answer. */
export async function explainFailure(
  failure: HttpFailure,
  context: FailureContext,
  probe: CorsProbe,
): Promise<unknown> {
  return (await explainCors(failure, context, probe)) ?? registryFailure(failure, context);
}

/** The error of the port for a failure of HTTP; anything else, an abort for example, as it is. */
export function registryFailure(error: unknown, context: FailureContext): unknown {
  if (!(error instanceof HttpFailure)) return error;
  return error.kind === 'status' ? statusError(error, context) : transportError(error, context);
}

function statusError(failure: HttpFailure, context: FailureContext): RegistryError {
  const { status = 0 } = failure;
  const { id, what, secrets } = context;
  const body = parseErrorBody(failure.body, failure.headers);
  const said = redactSecrets(body.html ? 'with a web page' : body.text, secrets);
  const code = codeOf(status, body);
  return new RegistryError(code, `${id} answered ${status} to ${what}${said === '' ? '' : `: ${said}`}`, {
    cause: failure,
    status,
    retryable: failure.retryable,
    hint: hintOf(code, status, body, context),
    details: {
      registry: id,
      status,
      codes: body.codes,
      ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    },
  });
}

const codeByStatus: Readonly<Record<number, RegistryErrorCode>> = {
  401: 'ERR_REGISTRY_UNAUTHORIZED',
  403: 'ERR_REGISTRY_DENIED',
  404: 'ERR_REGISTRY_NOT_FOUND',
  408: 'ERR_REGISTRY_TIMEOUT',
  // What nginx or Cloudflare say with a page where a body is too large for them.
  413: 'ERR_REGISTRY_REJECTED',
  429: 'ERR_REGISTRY_RATE_LIMITED',
};

function codeOf(status: number, body: ErrorBody): RegistryErrorCode {
  if (status >= 500) return status === 507 ? 'ERR_REGISTRY_REJECTED' : 'ERR_REGISTRY_UNAVAILABLE';
  if (status < 400) return 'ERR_REGISTRY_PROTOCOL';
  // Some say 404 of a media type that they do not know.
  if (body.codes.includes('MANIFEST_INVALID')) return 'ERR_REGISTRY_REJECTED';
  if (body.codes.includes('TOOMANYREQUESTS')) return 'ERR_REGISTRY_RATE_LIMITED';
  // Harbor says DENIED where a project is full.
  if (status === 403 && isQuota(body)) return 'ERR_REGISTRY_REJECTED';
  return codeByStatus[status] ?? (body.html ? 'ERR_REGISTRY_PROTOCOL' : 'ERR_REGISTRY_REJECTED');
}

function hintOf(
  code: RegistryErrorCode,
  status: number,
  body: ErrorBody,
  { id, authorised }: FailureContext,
): string | undefined {
  switch (code) {
    case 'ERR_REGISTRY_UNAUTHORIZED':
      return loginHint(id, authorised);
    case 'ERR_REGISTRY_DENIED':
      if (/\bCORS\b/.test(body.text)) return corsHint();
      return authorised
        ? 'the credential does not allow this: check the rights of the account, and the name of the repository'
        : loginHint(id, false);
    case 'ERR_REGISTRY_NOT_FOUND':
      return 'check the name of the repository; some registries want it to be created first';
    case 'ERR_REGISTRY_RATE_LIMITED':
      return `wait and try again${authorised ? '' : `, or log in: packwright login ${id}`}`;
    case 'ERR_REGISTRY_PROTOCOL':
      return pageHint(id);
    case 'ERR_REGISTRY_REJECTED':
      return rejectedHint(status, body);
    case 'ERR_REGISTRY_UNAVAILABLE':
    case 'ERR_REGISTRY_TIMEOUT':
      return 'the registry has a fault of its own: try again later';
    default:
      return undefined;
  }
}

function isQuota({ text }: ErrorBody): boolean {
  return /\bquota\b|upper limit|storage limit/i.test(text);
}

function rejectedHint(status: number, body: ErrorBody): string {
  if (status === 507 || isQuota(body)) return 'the registry has no more room: delete something there, or ask for more';
  if (status === 413) return 'this is more than the registry, or a proxy before it, takes at once: raise its limit';
  if (status === 405) return 'the registry only reads, or does not let this be done: ask who runs it';
  return 'the registry does not take what was sent; its own words say why';
}

export function loginHint(id: string, authorised: boolean): string {
  return authorised
    ? `the credential is wrong or has expired: packwright login ${id}`
    : `log in first: packwright login ${id}`;
}

function pageHint(id: string): string {
  return `is ${id} a registry? A proxy or a login page may stand in between: open it in a browser`;
}

/** An answer that is a web page where one of a registry was asked for. */
export function webPageError({ id, what }: FailureContext, status: number): RegistryError {
  return new RegistryError('ERR_REGISTRY_PROTOCOL', `${id} answered ${what} with a web page, not as a registry`, {
    status,
    hint: pageHint(id),
    details: { registry: id, status },
  });
}

function transportError(failure: HttpFailure, { id, what, secrets }: FailureContext): RegistryError {
  const code = codeByKind[failure.kind] ?? 'ERR_REGISTRY_PROTOCOL';
  const reason = redactSecrets(failure.message, secrets);
  const system = networkCode(failure);
  return new RegistryError(code, `${what} of ${id} failed: ${reason}`, {
    cause: failure,
    retryable: failure.retryable,
    hint: failure.kind === 'network' ? networkHint(system ?? '', id) : hintByKind[failure.kind],
    details: { registry: id, ...(system === undefined ? {} : { system }) },
  });
}

const codeByKind: Readonly<Partial<Record<HttpFailure['kind'], RegistryErrorCode>>> = {
  network: 'ERR_REGISTRY_NETWORK',
  timeout: 'ERR_REGISTRY_TIMEOUT',
};

const hintByKind: Readonly<Partial<Record<HttpFailure['kind'], string>>> = {
  timeout: 'the registry, or the way to it, is slow: try again later',
  protocol: 'the registry, or a proxy before it, breaks the rules of HTTP: try again, or ask who runs it',
  redirect: 'the registry sends us where we do not go: is its address right, and is a login page in between?',
};

function networkHint(system: string, id: string): string {
  if (/ENOTFOUND|EAI_AGAIN|EAI_NODATA/.test(system)) return `the name does not resolve: is ${id} spelt right?`;
  if (system === 'ECONNREFUSED') return 'nothing listens there: is the port right, and is the registry running?';
  if (system === 'CERT_HAS_EXPIRED') return 'its certificate has expired: who runs it must renew it';
  if (system === 'ERR_TLS_CERT_ALTNAME_INVALID') return `its certificate is for another name: is ${id} the right one?`;
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(system)) {
    return 'its certificate is not trusted: give the file of its CA (ca of packwright/transport/undici, or NODE_EXTRA_CA_CERTS)';
  }
  if (/SSL|EPROTO/.test(system)) return 'it may speak http without TLS: allow that for this host with unsafePlainHttp';
  return 'check the connection, the proxy and the host, then try again';
}
