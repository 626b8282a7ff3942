import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { currentOwner, formatOwner, isAlive, parseOwner } from '../../../src/adapters/node/owner.ts';

const me = currentOwner();
const boot = me.boot.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));

describe('an owner', () => {
  it('is alive while its process runs', () => {
    expect(isAlive(me)).toBe(true);
    expect(isAlive({ ...me, pid: 1, start: 0 })).toBe(true);
  });

  it('is dead when its process has ended', () => {
    const pid = Number(execFileSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' }));
    expect(isAlive({ ...me, pid })).toBe(false);
  });

  it.skipIf(me.start === 0)('is dead when another process has its pid', () => {
    expect(isAlive({ ...me, start: me.start + 1 })).toBe(false);
  });

  it('cannot be judged when it is of another boot or container', () => {
    expect(isAlive({ ...me, boot })).toBeUndefined();
    expect(isAlive({ ...me, space: me.space + 1 })).toBeUndefined();
  });

  it('is the same when it was written and read again', () => {
    expect(parseOwner(formatOwner(me))).toEqual(me);
  });

  it.each(['', '1', '1.2.3.4', `${formatOwner(me)}x`, '-1.2.000000000000.4', '1.2.00000000000g.4'])(
    'is not read from %j',
    (text) => {
      expect(parseOwner(text)).toBeUndefined();
    },
  );
});
