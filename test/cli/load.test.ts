import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { loadCommands } from '../../src/cli/commands/load.ts';

describe('loadCommands', () => {
  it.each(commands.map((command) => [command.name, command] as const))('gives %s alone', async (name, command) => {
    expect(await loadCommands(name)).toEqual([command]);
  });

  it.each([undefined, 'help', '--help', 'packs', 'toString', '__proto__'])('gives all of them for %s', async (name) => {
    expect(await loadCommands(name)).toBe(commands);
  });
});
