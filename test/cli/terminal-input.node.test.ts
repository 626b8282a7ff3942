import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { terminalInput } from '../../src/cli/terminal-input.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function streams(): { stdin: PassThrough; stderr: PassThrough; shown: () => string } {
  const stderr = new PassThrough();
  let shown = '';
  stderr.on('data', (chunk: Uint8Array) => (shown += text(chunk)));
  return { stdin: new PassThrough(), stderr, shown: () => shown };
}

describe('what is piped in', () => {
  it('is read to its end', async () => {
    const { stdin, stderr } = streams();
    const input = terminalInput(stdin, stderr);
    expect(input.terminal).toBe(false);
    stdin.write('hu');
    stdin.end('sh\n');
    expect(text(await input.readAll(100, undefined))).toBe('hush\n');
  });

  it('is refused where it is too much', async () => {
    const { stdin, stderr } = streams();
    stdin.end('x'.repeat(101));
    const reading = terminalInput(stdin, stderr).readAll(100, undefined);
    await expect(reading).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('is waited for until the signal', async () => {
    const { stdin, stderr } = streams();
    const controller = new AbortController();
    const reading = terminalInput(stdin, stderr).readAll(100, controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 10);
    await expect(reading).rejects.toThrow('enough');
    await expect(terminalInput(stdin, stderr).readAll(1, controller.signal)).rejects.toThrow('enough');
  });
});

describe('a person at a terminal', () => {
  it('is asked, and what is typed is shown or hidden', async () => {
    for (const hidden of [false, true]) {
      const { stdin, stderr, shown } = streams();
      const input = terminalInput(Object.assign(stdin, { isTTY: true }), stderr);
      expect(input.terminal).toBe(true);
      const answer = input.ask('Who? ', { hidden, signal: undefined });
      stdin.write('alice\r');
      expect(await answer).toBe('alice');
      expect(shown()).toContain('Who? ');
      expect(shown().includes('alice')).toBe(!hidden);
    }
  });

  it('may end it with a signal, Ctrl-C or the end of the input', async () => {
    const ask = (act: (stdin: PassThrough, controller: AbortController) => void): Promise<string> => {
      const { stdin, stderr } = streams();
      const controller = new AbortController();
      const answer = terminalInput(stdin, stderr).ask('Who? ', { hidden: true, signal: controller.signal });
      act(stdin, controller);
      return answer;
    };
    await expect(ask((_stdin, controller) => controller.abort(new Error('enough')))).rejects.toThrow('enough');
    await expect(ask((stdin) => stdin.write('\u0003'))).rejects.toMatchObject({ name: 'AbortError' });
    await expect(ask((stdin) => stdin.end())).rejects.toMatchObject({ name: 'AbortError' });
    await expect(ask((_stdin, controller) => controller.abort('text'))).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is not asked after the signal', async () => {
    const { stdin, stderr, shown } = streams();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(terminalInput(stdin, stderr).ask('Who? ', { hidden: true, signal })).rejects.toThrow('enough');
    expect(shown()).toBe('');
  });
});
