import { describe, expect, it } from 'vitest';
import { checkWindowsPath } from '../../../src/adapters/node/windows-name.ts';

describe('checkWindowsPath', () => {
  it.each([
    'con',
    'a/NUL.txt',
    'Aux',
    'COM1',
    'lpt9.log',
    'com¹',
    'CONIN$',
    'nul .txt',
    'a.',
    'a /b',
    'a:b',
    'a?',
    'a|b',
  ])('refuses %j', (path) => {
    expect(() => checkWindowsPath(path)).toThrow(expect.objectContaining({ code: 'ERR_UNSAFE_PATH' }));
  });

  it.each(['console', 'a/com10', '.con', 'nully.txt', 'a b', 'com0'])('takes %j', (path) => {
    expect(checkWindowsPath(path)).toBe(path);
  });
});
