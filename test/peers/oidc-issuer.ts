import { createTestIssuer } from '../../src/testing/sigstore/test-issuer.ts';
import { listen } from './listen.ts';

/** Who somebody is: an address of email, or a machine that a URI names. */
export type TokenIdentity = { readonly email: string } | { readonly uri: string };

/** An issuer of identity tokens that listens on the loopback, and believes whatever it is told. */
export interface OidcIssuer {
  /** The issuer of tokens for an email and for a URI: a certificate authority treats them differently. */
  readonly issuers: { readonly email: string; readonly uri: string };
  /** A token that is good for ten minutes. */
  token(identity: TokenIdentity): Promise<string>;
  stop(): Promise<void>;
}

/** Starts an issuer in this process. */
export async function startOidcIssuer(): Promise<OidcIssuer> {
  const server = await listen((request, response) => {
    const issuer = request.url?.startsWith('/email/') === true ? email : uri;
    void issuer.fetch(new URL(request.url ?? '', server.url)).then(async (answer) => {
      const type = answer.headers.get('content-type') ?? 'text/plain';
      response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
    });
  });
  const [email, uri] = (await Promise.all(
    ['email', 'uri'].map((kind) => createTestIssuer({ url: `${server.url}/${kind}`, clock: Date.now })),
  )) as [Issuer, Issuer];
  return {
    issuers: { email: email.url, uri: uri.url },
    token: (identity) =>
      'email' in identity
        ? email.token({ sub: identity.email, email: identity.email, email_verified: true })
        : uri.token({ sub: identity.uri }),
    stop: () => server.stop(),
  };
}

type Issuer = Awaited<ReturnType<typeof createTestIssuer>>;
