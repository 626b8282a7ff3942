import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, run } from './run-command.ts';

describe('the command line', () => {
  it('prints its version and its help on stdout', async () => {
    const folder = await emptyFolder();
    expect(await run(folder, ['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
    const { code, stdout } = await run(folder, ['--help']);
    expect(code).toBe(0);
    for (const name of ['pack', 'copy', 'unpack', 'extract', 'inspect', 'gc', 'audit']) expect(stdout).toContain(name);
    expect((await run(folder, ['pack', '--help'])).stdout).toContain('Examples:');
  });

  it('is a usage error without a command and with an unknown one', async () => {
    const folder = await emptyFolder();
    expect(await run(folder, [])).toMatchObject({ code: 2, stdout: '' });
    expect(await run(folder, ['bogus'])).toMatchObject({ code: 2, stdout: '' });
    const { stderr } = await run(folder, ['bogus', '--json']);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'ERR_INVALID_ARGUMENT', retryable: false } });
  });

  it('prints issues, hint and with --debug the causes of an error', async () => {
    const folder = await emptyFolder();
    await writeFile(
      join(folder, 'package-lock.json'),
      '{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1.0.0"}}}',
    );
    const { stderr } = await run(folder, ['pack', 'package-lock.json', '-o', 'oci:p:1', '-d', '--offline']);
    expect(stderr).toMatch(/^packwright: /);
    expect(stderr).toContain('node_modules/a');
    expect(stderr).toContain('hint: ');
    expect(stderr).toMatch(/\n {4}at /);
  });

  it('makes control characters of foreign names visible', async () => {
    const folder = await emptyFolder();
    const { stderr } = await run(folder, ['pack', 'a\u001b[31mred', '-o', 'oci:p:1']);
    expect(stderr).not.toContain('\u001b');
    expect(stderr).toContain('\\u001b');
  });

  it('ends with 130 when it is interrupted', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'a'), 'a');
    const signal = AbortSignal.abort(new DOMException('interrupted', 'AbortError'));
    expect(await run(folder, ['pack', 'a', '-o', 'oci:p:1'], { signal })).toMatchObject({ code: 130, stdout: '' });
    const { stderr } = await run(folder, ['pack', 'a', '-o', 'oci:p:1', '--json'], { signal });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'ERR_ABORTED', message: 'interrupted' } });
  });

  it('draws one line on a terminal and clears it', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'a'), 'a');
    let drawn = '';
    let time = 0;
    const stderr = { write: (text: string | Uint8Array) => (drawn += String(text)), isTTY: true, columns: 40 };
    await run(folder, ['pack', 'a', '-o', 'oci:p:1'], { stderr, now: () => (time += 1000) });
    expect(drawn).toMatch(/\r/);
    expect(drawn.split('\r').every((line) => line.length < 40)).toBe(true);
    expect(drawn).toMatch(/1 artifacts, \d+ B\n$/);
  });

  it('says nothing of progress with --no-progress, in a pipe and on a dumb terminal', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'a'), 'a');
    const { stderr } = await run(folder, ['pack', 'a', '-o', 'oci:p:1', '--no-progress']);
    expect(stderr).toMatch(/^1 artifacts, \d+ B\n$/);
    let drawn = '';
    const dumb = { write: (text: string | Uint8Array) => (drawn += String(text)), isTTY: true };
    await run(folder, ['pack', 'a', '-o', 'oci:p:2'], { stderr: dumb, env: { TERM: 'dumb' } });
    expect(drawn).not.toContain('\r');
  });

  it('gives up after the time that --timeout gives it', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'a'), 'a');
    expect(await run(folder, ['pack', 'a', '-o', 'oci:p:1', '--timeout', '99999999'])).toMatchObject({ code: 0 });
    expect(await run(folder, ['pack', 'a', '-o', 'oci:p:1', '--timeout', 'soon'])).toMatchObject({ code: 2 });
  });

  it('says that --timeout is over as it says that a registry is too slow: 21, and 130 is for Ctrl-C', async () => {
    const [folder, host] = [await emptyFolder(), await silentHost()];
    await writeFile(join(folder, 'a'), 'a');
    const argv = ['pack', 'a', '-o', `${host}/app:1`, '--timeout', '1'];
    const [inTime, interrupted] = await Promise.all([
      run(folder, argv),
      run(folder, argv, { signal: AbortSignal.timeout(300) }),
    ]);
    expect(inTime).toMatchObject({ code: 21, stdout: '' });
    expect(inTime.stderr).toContain('packwright: command has not ended within 1 s (--timeout)\n');
    expect(interrupted).toMatchObject({ code: 130, stdout: '' });
  });
});

/** A host that takes every request and answers none. */
async function silentHost(): Promise<string> {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
