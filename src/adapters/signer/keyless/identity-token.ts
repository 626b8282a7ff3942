import { fromBase64, fromUtf8 } from '../../../bytes/encoding.ts';
import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import { SigningError } from '../../../errors.ts';

/** An identity token of OpenID Connect that looks as if it would be accepted. Whether it is, its authority says. */
export interface IdentityToken {
  /** The token itself: a secret. */
  readonly text: string;
  readonly claims: Readonly<Record<string, JsonValue>>;
  /** Who issued it. */
  readonly issuer: string;
  /** What a key signs to show that it belongs to whoever has the token: the email address, or else the subject. */
  readonly challenge: string;
}

/** What a token is looked at with. */
export interface TokenOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly audience: string;
}

const maximumLength = 65_536;
/** What two clocks may differ by. Milliseconds. */
export const clockSkewMs = 60_000;

/**
 * Reads a token (RFC 7519) and refuses what no certificate authority would accept, so that it is never sent: of another
 * audience, expired, of an email address that nobody checked. No error repeats any of it.
 *
 * @throws SigningError `ERR_IDENTITY_TOKEN`.
 */
export function parseIdentityToken(given: string, { now, audience }: TokenOptions): IdentityToken {
  const text = given.trim();
  const parts = text.split('.');
  if (parts.length !== 3 || text.length > maximumLength || !parts.every((part) => /^[\w-]+$/.test(part))) {
    throw tokenError('is not a signed JSON Web Token of three parts');
  }
  const [header, claims] = parts.slice(0, 2).map(readPart);
  if (header === undefined || claims === undefined) throw tokenError('holds no JSON');
  if (typeof header.alg !== 'string' || header.alg.toLowerCase() === 'none') throw tokenError('is not signed');
  checkAudience(claims.aud, audience);
  checkTime(claims, now);
  const { iss } = claims;
  if (typeof iss !== 'string' || iss === '') throw tokenError('does not say who issued it');
  return { text, claims, issuer: iss, challenge: challengeOf(claims) };
}

function readPart(part: string): Readonly<Record<string, JsonValue>> | undefined {
  const padding = '='.repeat((4 - (part.length % 4)) % 4);
  const bytes = fromBase64(part.replaceAll('-', '+').replaceAll('_', '/') + padding);
  try {
    const value = bytes === undefined ? null : parseJson(fromUtf8(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, JsonValue>>)
      : undefined;
  } catch {
    // What is wrong with it would repeat a part of it.
    return undefined;
  }
}

function checkAudience(aud: JsonValue | undefined, audience: string): void {
  const named = Array.isArray(aud) ? (aud as readonly JsonValue[]) : [aud];
  if (named.includes(audience)) return;
  throw tokenError(`is for another audience, expected ${JSON.stringify(audience)}`, {
    hint: 'ask the issuer for a token of this audience, or say which one the certificate authority expects',
  });
}

function checkTime({ exp, nbf }: IdentityToken['claims'], now: number): void {
  if (typeof exp !== 'number') throw tokenError('does not say when it expires');
  if (exp * 1000 <= now) {
    throw tokenError(`expired at ${isoSeconds(exp)}`, { hint: 'get a new token; if this one is new, check the clock' });
  }
  if (typeof nbf === 'number' && nbf * 1000 > now + clockSkewMs) {
    throw tokenError(`is not valid before ${isoSeconds(nbf)}`, { hint: 'check the clock' });
  }
}

/** A time that is too far away for a calendar is told as it is. */
function isoSeconds(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}

function challengeOf({ email, email_verified: verified, sub }: IdentityToken['claims']): string {
  if (typeof email === 'string' && email !== '') {
    // Some issuers write the flag as text.
    if (verified === true || verified === 'true') return email;
    throw tokenError('is of an email address that its issuer has not verified');
  }
  if (typeof sub === 'string' && sub !== '') return sub;
  throw tokenError('names nobody: it has neither an email address nor a subject');
}

/** The error for a token that cannot be used, or not be had. */
export function tokenError(problem: string, options: ConstructorParameters<typeof SigningError>[2] = {}): SigningError {
  return new SigningError('ERR_IDENTITY_TOKEN', `identity token ${problem}`, options);
}
