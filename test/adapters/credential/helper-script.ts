import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A home of its own, gone after the test, with a folder of programs. */
export interface Home {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Writes a file below the home, as JSON where it is no text, and gives its path. */
  readonly write: (path: string, content: unknown) => string;
  readonly read: (path: string) => string;
  /** Makes a program `docker-credential-NAME` of a shell script. */
  readonly helper: (name: string, script: string) => void;
}

export function makeHome(): Home {
  const home = mkdtempSync(join(tmpdir(), 'packwright-credential-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const path = (name: string): string => join(home, name);
  return {
    home,
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, PLACE: home },
    write: (name, content) => {
      mkdirSync(join(path(name), '..'), { recursive: true });
      writeFileSync(path(name), typeof content === 'string' ? content : JSON.stringify(content));
      return path(name);
    },
    read: (name) => readFileSync(path(name), 'utf8'),
    helper: (name, script) => {
      const file = join(bin, `docker-credential-${name}`);
      writeFileSync(file, `#!/bin/sh\n${script}\n`);
      chmodSync(file, 0o755);
    },
  };
}

/** A helper that keeps one secret for each server in a file, and writes down what it was asked. */
export const keepingHelper = `
echo "$1" >> "$PLACE/asked"
case "$1" in
  store) cat > "$PLACE/kept" ;;
  get) cat > "$PLACE/server"; test -f "$PLACE/kept" || { echo "credentials not found in native keychain"; exit 1; }; cat "$PLACE/kept" ;;
  erase) cat > "$PLACE/server"; test -f "$PLACE/kept" || { echo "credentials not found in native keychain"; exit 1; }; rm "$PLACE/kept" ;;
esac`;
