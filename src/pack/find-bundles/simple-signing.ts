import { parseJson, type JsonValue } from '../../bytes/json.ts';
import type { Digest } from '../../digest/digest.ts';
import { FormatError, isPackError, VerificationError } from '../../errors.ts';

type JsonObject = Readonly<Record<string, JsonValue>>;

const payloadKind = 'cosign container image signature';

/**
 * Sees to it that a payload that cosign 2 signed names a manifest: the second of the two steps from a signature to what
 * was signed. The repository in it is not looked at, as cosign does not.
 *
 * Member names are read as Go reads them, without regard to case, as old payloads have `Docker-manifest-digest`; two
 * that only differ so are refused, and so is anything else that is critical.
 *
 * @param digests - Every digest that the manifest is known by.
 * @throws FormatError `ERR_BUNDLE_INVALID` for what is no such payload; VerificationError `ERR_SUBJECT_MISMATCH` for the
 * payload of another manifest.
 */
export function checkPayload(payload: Uint8Array, digests: readonly Digest[]): void {
  const named = namedManifest(payload);
  if (digests.some((digest) => digest === named)) return;
  const expected = digests[0] ?? '';
  const actual = named.slice(0, 160);
  throw new VerificationError(
    'ERR_SUBJECT_MISMATCH',
    `signature is for the manifest ${JSON.stringify(actual)}, expected ${expected}`,
    { details: { expected, actual } },
  );
}

function namedManifest(payload: Uint8Array): string {
  const critical = members(members(readJson(payload), '').get('critical'), 'critical');
  refuseOthers(critical, 'critical', ['identity', 'image', 'type']);
  if (critical.get('type') !== payloadKind) throw invalid('critical.type', `expected ${JSON.stringify(payloadKind)}`);
  const image = members(critical.get('image'), 'critical.image');
  refuseOthers(image, 'critical.image', ['docker-manifest-digest']);
  const named = image.get('docker-manifest-digest');
  if (typeof named === 'string') return named;
  throw invalid('critical.image.docker-manifest-digest', 'expected a digest');
}

/** Whoever does not know what is critical cannot say that it holds. */
function refuseOthers(critical: ReadonlyMap<string, JsonValue>, path: string, known: readonly string[]): void {
  const other = [...critical.keys()].find((name) => !known.includes(name));
  if (other !== undefined) throw invalid(path, `has ${JSON.stringify(other.slice(0, 80))}, which is not known`);
}

function readJson(payload: Uint8Array): JsonValue {
  try {
    return parseJson(payload);
  } catch (cause) {
    if (!isPackError(cause)) throw cause;
    throw invalid('', cause.message, cause);
  }
}

/** The members of an object by their names in lower case. */
function members(value: JsonValue | undefined, path: string): ReadonlyMap<string, JsonValue> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, 'expected an object');
  const found = new Map<string, JsonValue>();
  for (const [name, member] of Object.entries(value as JsonObject)) {
    const folded = name.toLowerCase();
    if (found.has(folded)) throw invalid(path, `has ${JSON.stringify(folded.slice(0, 80))} twice`);
    found.set(folded, member);
  }
  return found;
}

function invalid(path: string, message: string, cause?: unknown): FormatError {
  const where = path === '' ? '' : ` at ${path}`;
  return new FormatError('ERR_BUNDLE_INVALID', `payload of a signature is invalid${where}: ${message}`, {
    issues: [{ path, message }],
    ...(cause === undefined ? {} : { cause }),
  });
}
