import { parseRfc3339 } from '../../attest/rfc3339.ts';
import { parseJson } from '../../bytes/json.ts';
import { isDigest, type Digest } from '../../digest/digest-name.ts';
import { isPackError } from '../../errors.ts';
import { parsePublicKeyPem } from '../crypto/public-key.ts';
import type {
  Demand,
  IdentityRule,
  KeyRule,
  KeyValidity,
  Policy,
  PredicateRule,
  SignerRule,
  SignerRules,
  StatementRule,
  UnsafeAnyIdentity,
  UnsafeAnyPredicate,
} from '../policy.ts';
import { extensionName } from './extension-name.ts';
import { count, flag, listOf, literal, objectOf, optional, recordOf, refuse, text, type Reader } from './reader.ts';
import { textRule } from './text-rule.ts';

/**
 * Reads a policy: a value, or JSON as text or bytes. What comes back is a frozen copy that holds nothing but what a
 * policy knows: an unknown member is refused, so that no demand is ever misspelt and forgotten.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` with the argument `policy`, and the path of what is wrong in `details`.
 */
export function parsePolicy(input: unknown): Policy {
  const policy = wholePolicy(typeof input === 'string' || input instanceof Uint8Array ? readJson(input) : input, '');
  const { demand, signers } = policy;
  if (demand?.sct !== undefined && signers.anyOf.every((rule) => 'key' in rule)) {
    refuse('demand.sct', 'there, for keys have no certificate and no other signer is named');
  }
  return policy;
}

function readJson(input: string | Uint8Array): unknown {
  try {
    return parseJson(input, { maxBytes: 1024 * 1024 });
  } catch (cause) {
    return refuse('', 'JSON', cause);
  }
}

const maximumText = 2048;
const line = text(maximumText);
/** As many as a bundle may hold of each. */
const operators = optional(count(1, 32));

const plainDemand = objectOf<Demand>({
  sct: operators,
  log: operators,
  time: operators,
  timestamp: optional(count(0, 32)),
  unsafeNoSct: optional(flag),
  unsafeNoLog: optional(flag),
  unsafeNoTime: optional(flag),
});

const demand: Reader<Demand> = (value, path) => {
  const read = plainDemand(value, path);
  const { sct, log, time, unsafeNoSct, unsafeNoLog, unsafeNoTime } = read;
  const both = [
    [sct, unsafeNoSct, 'sct'],
    [log, unsafeNoLog, 'log'],
    [time, unsafeNoTime, 'time'],
  ].find(([asked, waived]) => asked !== undefined && waived === true);
  return both === undefined ? read : refuse(path, `clear about ${String(both[2])}: it asks for some and for none`);
};

const moment: Reader<string> = (value, path) =>
  parseRfc3339(line(value, path)) === undefined ? refuse(path, 'a time as RFC 3339 writes it') : (value as string);

const bothEnds = objectOf<KeyValidity>({ start: optional(moment), end: optional(moment) });

const validity: Reader<KeyValidity> = (value, path) => {
  const read = bothEnds(value, path);
  const { start, end } = read;
  if (start === undefined && end === undefined) refuse(path, 'a period with a start or an end');
  if (start === undefined || end === undefined || (parseRfc3339(start) ?? 0) <= (parseRfc3339(end) ?? 0)) return read;
  return refuse(path, 'a period whose start is before its end');
};

const plainKeyRule = objectOf<KeyRule>({
  key: text(16_384),
  hint: optional(line),
  validFor: optional(validity),
  details: optional(text(80)),
});

const keyRule: Reader<KeyRule> = (value, path) => {
  const rule = plainKeyRule(value, path);
  try {
    parsePublicKeyPem(rule.key, rule.details);
  } catch (cause) {
    refuse(`${path}.key`, `a public key that can be used${isPackError(cause) ? `: ${cause.message}` : ''}`, cause);
  }
  return rule;
};

const identityRule = objectOf<IdentityRule>({
  identity: textRule,
  issuer: textRule,
  extensions: optional(
    recordOf(
      (name) => extensionName(name) !== undefined,
      'the name or object identifier of a Fulcio extension',
      textRule,
    ),
  ),
});

const anyIdentity = objectOf<UnsafeAnyIdentity>({ unsafeAnyIdentity: literal(true) });

const signerRule: Reader<SignerRule> = (value, path) =>
  readerFor<SignerRule>(value, { key: keyRule, unsafeAnyIdentity: anyIdentity }, identityRule)(value, path);

const statementRule = objectOf<StatementRule>({
  type: line,
  subject: optional(textRule),
  members: optional(recordOf((name) => name.length <= 256, 'the name of a member', textRule)),
  builder: optional(textRule),
  source: optional(textRule),
  buildType: optional(textRule),
  externalParameters: optional(listOf(text(256))),
});

const anyPredicate = objectOf<UnsafeAnyPredicate>({ unsafeAnyPredicate: literal(true) });

const predicateRule: Reader<PredicateRule> = (value, path) =>
  readerFor<PredicateRule>(value, { unsafeAnyPredicate: anyPredicate }, statementRule)(value, path);

/** The reader of a union: the first member that is there and has one decides. */
function readerFor<T>(value: unknown, readers: Readonly<Record<string, Reader<T>>>, fallback: Reader<T>): Reader<T> {
  const member = Object.keys(readers).find(
    (name) => typeof value === 'object' && value !== null && Object.hasOwn(value, name),
  );
  return readers[member ?? ''] ?? fallback;
}

const digest: Reader<Digest> = (value, path) =>
  isDigest(value) ? value : refuse(path, 'a digest by sha256, sha384 or sha512 in lower-case hex');

const wholePolicy = objectOf<Policy>({
  version: literal(1),
  demand: optional(demand),
  signers: objectOf<SignerRules>({ threshold: optional(count(1, 1000)), anyOf: listOf(signerRule) }),
  predicates: optional(listOf(predicateRule)),
  digests: optional(listOf(digest)),
});
