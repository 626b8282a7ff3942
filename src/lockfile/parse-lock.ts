import * as z from 'zod/mini';
import { compareBytewise } from '../bytes/encoding.ts';
import { parseJson } from '../bytes/json.ts';
import { isSafePath, PathSet } from '../bytes/path.ts';
import { isDigest } from '../digest/digest.ts';
import { parseIntegrity } from '../digest/integrity.ts';
import { FormatError, isPackError, type FormatIssue } from '../errors.ts';
import type { Lock } from './lock.ts';

/** More bytes than this are no lock. */
const maxLockBytes = 20 * 1024 * 1024;

/**
 * Reads a lock. Members that are not known are refused, and so are paths that are unsafe, paths that are one file on
 * some system, entries out of order, and dependencies on what is neither an entry nor skipped. At most 20 MiB.
 *
 * @throws FormatError `ERR_LOCK_INVALID` with everything that is wrong, `ERR_UNSAFE_PATH`, `ERR_LIMIT_EXCEEDED`.
 */
export function parseLock(bytes: Uint8Array): Lock {
  return checkLock(parse(bytes));
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes, { maxBytes: maxLockBytes });
  } catch (cause) {
    if (!isPackError(cause) || cause.code !== 'ERR_JSON_INVALID') throw cause;
    throw new FormatError('ERR_LOCK_INVALID', `lock is not JSON: ${cause.message}`, { cause });
  }
}

/** Checks a value that must be a lock; {@link parseLock} says how. */
export function checkLock(value: unknown): Lock {
  checkVersion(value);
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw invalid(parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })));
  }
  const lock = parsed.data as Lock;
  const issues = [...orderIssues(lock), ...dependencyIssues(lock), ...pathIssues(lock)];
  if (issues.length > 0) throw invalid(issues);
  const paths = new PathSet();
  for (const entry of lock.entries) paths.add(entry.path);
  return lock;
}

function checkVersion(value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalid([{ path: '', message: 'expected an object' }]);
  const { lockVersion } = value as { lockVersion?: unknown };
  if (lockVersion === undefined || lockVersion === 1) return;
  throw new FormatError('ERR_LOCK_INVALID', `lock has version ${JSON.stringify(lockVersion)}, expected 1`, {
    hint: 'a newer packwright may have written it',
    issues: [{ path: 'lockVersion', message: 'expected 1' }],
  });
}

function invalid(issues: readonly FormatIssue[]): FormatError {
  const [first] = issues;
  const where = first === undefined || first.path === '' ? '' : ` at ${first.path}`;
  const rest = issues.length < 2 ? '' : `, and ${String(issues.length - 1)} more`;
  return new FormatError('ERR_LOCK_INVALID', `lock is invalid${where}: ${first?.message ?? ''}${rest}`, {
    issues: issues.slice(0, 200),
  });
}

const text = z.string().check(z.minLength(1));
const texts = z.array(text);
const digest = z.string().check(z.refine(isDigest, 'expected a digest'));
const integrity = z.string().check(z.refine(pins, 'expected an integrity of sha256, sha384 or sha512'));
const size = z
  .number()
  .check(z.refine((value) => Number.isSafeInteger(value) && value >= 0, 'expected a size in bytes'));
const fileName = z.string().check(z.refine((name) => isSafePath(name) && !name.includes('/'), 'expected a file name'));
const platform = z.nullable(text);

const schema = z.strictObject({
  lockVersion: z.literal(1),
  source: z.strictObject({ format: text, path: fileName, digest }),
  selection: z.strictObject({
    omit: z.array(z.enum(['dev', 'optional', 'peer'])),
    os: platform,
    cpu: platform,
    libc: platform,
  }),
  entries: z.array(
    z.strictObject({
      path: text,
      name: text,
      version: text,
      purl: text,
      origin: z.optional(text),
      integrity,
      digest,
      size,
      mediaType: text,
      scope: z.array(z.enum(['prod', 'dev', 'optional', 'peer'])),
      os: texts,
      cpu: texts,
      libc: texts,
      license: z.optional(text),
      installPaths: texts,
      dependsOn: texts,
    }),
  ),
  skipped: z.array(
    z.strictObject({
      path: text,
      reason: z.enum(['link', 'git', 'file', 'bundled', 'no-integrity', 'weak-integrity', 'host']),
    }),
  ),
});

function pins(value: string): boolean {
  try {
    return parseIntegrity(value).digests.length > 0;
  } catch {
    return false;
  }
}

function orderIssues(lock: Lock): FormatIssue[] {
  return lock.entries.flatMap(({ path }, index) => {
    const before = lock.entries[index - 1]?.path;
    const sorted = before === undefined || compareBytewise(before, path) < 0;
    return sorted ? [] : [{ path: `entries.${String(index)}.path`, message: 'is not behind the one before it' }];
  });
}

function dependencyIssues(lock: Lock): FormatIssue[] {
  const known = new Set([...lock.entries, ...lock.skipped].map(({ path }) => path));
  return lock.entries.flatMap((entry, index) =>
    entry.dependsOn
      .filter((path) => !known.has(path))
      .map((path) => ({
        path: `entries.${String(index)}.dependsOn`,
        message: `names ${JSON.stringify(path)}, which is neither an entry nor skipped`,
      })),
  );
}

/** Only what a lock skips may lie outside of the project: a linked folder. */
function pathIssues(lock: Lock): FormatIssue[] {
  const installed = lock.entries.flatMap((entry, index) =>
    entry.installPaths
      .filter((path) => !isSafePath(path))
      .map((path) => ({ path: `entries.${String(index)}.installPaths`, message: unsafe(path) })),
  );
  const skipped = lock.skipped.flatMap(({ path }, index) =>
    isSafePath(path.replace(/^(?:\.\.\/)+(?=.)/, '')) || /^(?:\.\.\/)*\.\.$/.test(path)
      ? []
      : [{ path: `skipped.${String(index)}.path`, message: unsafe(path) }],
  );
  return [...installed, ...skipped];
}

function unsafe(path: string): string {
  return `${JSON.stringify(path.slice(0, 200))} is not a safe path`;
}
