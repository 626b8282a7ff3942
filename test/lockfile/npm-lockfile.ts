import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf, integrityOf, type DigestAlgorithm } from '../../src/digest/index.ts';
import { readLockfile, type Lockfile } from '../../src/lockfile/index.ts';

/** An integrity of some text. */
export function sri(text: string, algorithm: DigestAlgorithm = 'sha512'): string {
  return integrityOf(digestOf(utf8(text), algorithm));
}

/** An entry of the `packages` section that can be packed. */
export function pkg(version: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { version, integrity: sri(version), ...more };
}

/** A lockfile of version 3 with these packages, and more members. */
export function v3(packages: Record<string, unknown>, more: Record<string, unknown> = {}): Uint8Array {
  return utf8(JSON.stringify({ name: 'app', lockfileVersion: 3, packages, ...more }));
}

/** A lockfile of version 1 with these dependencies. */
export function v1(dependencies: Record<string, unknown>, more: Record<string, unknown> = {}): Uint8Array {
  return utf8(JSON.stringify({ name: 'app', lockfileVersion: 1, requires: true, dependencies, ...more }));
}

/** Reads it as `package-lock.json`. */
export function read(bytes: Uint8Array): Lockfile {
  return readLockfile(bytes, { name: 'package-lock.json' });
}

/** What a call throws. */
export function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
