import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration } from '../../src/cli/format-bytes.ts';
import { formatLayoutLocation, parseLocation } from '../../src/cli/location.ts';
import { progressRenderer } from '../../src/cli/progress.ts';
import { formatTable } from '../../src/cli/table.ts';

const digest = `sha256:${'ab'.repeat(32)}` as const;

describe('a location', () => {
  it.each([
    ['oci:dir', { kind: 'layout', path: 'dir' }],
    ['oci:dir:tag', { kind: 'layout', path: 'dir', tag: 'tag' }],
    ['oci:/a/b.c/d', { kind: 'layout', path: '/a/b.c/d' }],
    ['oci:a:b/c', { kind: 'layout', path: 'a:b/c' }],
    ['oci:a:b/c:1.0', { kind: 'layout', path: 'a:b/c', tag: '1.0' }],
    [`oci:dir@${digest}`, { kind: 'layout', path: 'dir', digest }],
    [`oci:dir:tag@${digest}`, { kind: 'layout', path: 'dir', tag: 'tag', digest }],
    ['oci:me@home/dir:tag', { kind: 'layout', path: 'me@home/dir', tag: 'tag' }],
    ['oci-archive:a.tar', { kind: 'archive', path: 'a.tar' }],
    ['oci-archive:a.tar:1', { kind: 'archive', path: 'a.tar', tag: '1' }],
  ] as const)('reads %s, and writes it again', (text, expected) => {
    const location = parseLocation(text);
    expect(location).toEqual(expected);
    if (location.kind !== 'registry') expect(formatLayoutLocation(location)).toBe(text);
  });

  it('is a registry without a prefix, never a folder by guessing', () => {
    expect(parseLocation('registry.example/app:1.0')).toMatchObject({
      kind: 'registry',
      reference: { registry: 'registry.example', repository: 'app', tag: '1.0' },
    });
  });

  it.each([
    'oci:',
    'oci::tag',
    'oci:dir:',
    'oci:dir:bad tag',
    'oci:dir@sha256:ab',
    'oci-archive:',
    'oci:a\0b',
    './dir',
    '',
  ])('refuses %j', (text) => {
    expect(() => parseLocation(text)).toThrow(expect.objectContaining({ name: 'UsageError' }) as Error);
  });
});

describe('sizes and times', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [1949, '1.9 KB'],
    [999_949, '999.9 KB'],
    [999_950, '1.0 MB'],
    [1_500_000, '1.5 MB'],
    [2 ** 30, '1.1 GB'],
    [4e12, '4.0 TB'],
    [5e15, '5000.0 TB'],
  ])('of %i bytes read %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [3.4, '3 ms'],
    [1500, '1.5 s'],
    [61_000, '1 min 1 s'],
  ])('of %f milliseconds read %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

describe('a table', () => {
  it('aligns columns, trims lines, and shows control characters', () => {
    expect(
      formatTable([
        ['a', 'bb', ''],
        ['ccc', 'd\u202e', 'e\u0007'],
      ]),
    ).toBe('a    bb\nccc  d\\u202e  e\\u0007\n'.replace('a    bb\n', 'a    bb\n'));
  });
});

describe('progress', () => {
  it('writes a line for what is finished and for what went wrong, and none for the whole', () => {
    let text = '';
    const { onEvent } = progressRenderer({
      write: (chunk) => (text += chunk),
      terminal: false,
      silent: false,
      verbose: false,
      columns: 80,
      now: () => 0,
    });
    const part = { op: '2', parent: '1', verb: 'fetch', name: 'a@1' } as const;
    onEvent({ op: '1', verb: 'pack', kind: 'start', bytes: 0 });
    onEvent({ ...part, kind: 'start', bytes: 0, total: 5 });
    onEvent({ ...part, kind: 'fallback', bytes: 0, message: 'the cache does not have it' });
    onEvent({ ...part, kind: 'retry', bytes: 0, message: 'cut' });
    onEvent({ ...part, kind: 'progress', bytes: 5, total: 5 });
    onEvent({ ...part, kind: 'done', bytes: 5 });
    onEvent({
      op: '3',
      parent: '1',
      verb: 'copy',
      kind: 'done',
      bytes: 0,
      reused: true,
      descriptor: { digest, size: 1, mediaType: 'a/b' },
    });
    onEvent({ op: '4', parent: '1', verb: 'copy', kind: 'failed', bytes: 0 });
    onEvent({ op: '5', parent: '2', verb: 'read', kind: 'done', bytes: 5, name: 'the same bytes' });
    onEvent({ op: '1', verb: 'pack', kind: 'done', bytes: 5 });
    expect(text).toBe(`retry: a@1: cut\nfetch a@1 5 B\ncopy ${digest.slice(0, 19)} is there\n`);
  });

  it('shows on a terminal what a whole without parts has read', () => {
    let [text, time] = ['', 0];
    const { onEvent, end } = progressRenderer({
      write: (chunk) => (text += chunk),
      terminal: true,
      silent: false,
      verbose: false,
      columns: 80,
      now: () => (time += 1000),
    });
    const whole = { op: '1', verb: 'migrate', name: 'fs:a to fs:b' } as const;
    onEvent({ ...whole, kind: 'start', bytes: 0 });
    onEvent({ ...whole, kind: 'progress', bytes: 2000 });
    expect(text).toBe('migrate fs:a to fs:b 2.0 KB');
    onEvent({ ...whole, kind: 'progress', bytes: 3000, total: 6000 });
    expect(text).toContain('\rmigrate fs:a to fs:b 3.0 KB of 6.0 KB');
    onEvent({ ...whole, kind: 'done', bytes: 3000 });
    end();
    expect(text.endsWith('\r')).toBe(true);
  });
});
