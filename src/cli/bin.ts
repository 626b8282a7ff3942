#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { homedir } from 'node:os';

// No `import` of node:process here or below: it would read each member, some of which are slow.
// Node 20 has no compile cache; newer ones start in half the time with it.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const { runProgram } = await import('./program.ts');
const { terminalInput } = await import('./terminal-input.ts');

const interrupt = new AbortController();
process.on('SIGINT', () => {
  // A second Ctrl-C ends at once; what it leaves is cleared by the next run.
  if (interrupt.signal.aborted) process.exit(130);
  interrupt.abort(new DOMException('interrupted', 'AbortError'));
});
process.on('SIGTERM', () => {
  interrupt.abort(new DOMException('terminated', 'AbortError'));
});
// A reader that goes away, `| head` for example, is no failure of ours to report.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await runProgram(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  home: homedir(),
  now: Date.now,
  signal: interrupt.signal,
  input: terminalInput(process.stdin, process.stderr),
  stdout: process.stdout,
  stderr: process.stderr,
  version: (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version,
});
