import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatPlatform,
  parsePlatform,
  platformMatches,
  selectPlatform,
  type Descriptor,
} from '../../src/oci/index.ts';
import { descriptorOf } from './documents.ts';

const refused = expect.objectContaining({
  name: 'UsageError',
  code: 'ERR_INVALID_ARGUMENT',
  argument: 'platform',
}) as Error;

describe('parsePlatform', () => {
  it.each([
    ['linux/amd64', { os: 'linux', architecture: 'amd64' }],
    ['linux/arm64/v8', { os: 'linux', architecture: 'arm64', variant: 'v8' }],
    ['linux/arm/7', { os: 'linux', architecture: 'arm', variant: 'v7' }],
    ['linux/armhf', { os: 'linux', architecture: 'arm', variant: 'v7' }],
    ['linux/armel', { os: 'linux', architecture: 'arm', variant: 'v6' }],
    ['linux/x86_64', { os: 'linux', architecture: 'amd64' }],
    ['Linux/AArch64', { os: 'linux', architecture: 'arm64' }],
    ['macos/arm64', { os: 'darwin', architecture: 'arm64' }],
    ['linux/i386', { os: 'linux', architecture: '386' }],
    ['windows/amd64:10.0.17763', { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763' }],
  ])('reads %s', (text, platform) => {
    expect(parsePlatform(text)).toEqual(platform);
  });

  it.each([
    '',
    'linux',
    'linux/',
    '/amd64',
    'linux/arm/v7/x',
    'linux/a b',
    'linux/amd64:',
    'linux/amd64/',
    'a/'.repeat(200),
  ])('refuses %j', (text) => {
    expect(() => parsePlatform(text)).toThrow(refused);
  });

  it('reads what formatPlatform writes', () => {
    const part = fc.stringMatching(/^[a-z0-9_.-]{1,8}$/);
    const texts = fc.tuple(part, part, fc.option(part, { nil: undefined }), fc.option(part, { nil: undefined }));
    fc.assert(
      fc.property(texts, ([os, architecture, variant, version]) => {
        const text = [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
        const platform = parsePlatform(version === undefined ? text : `${text}:${version}`);
        expect(parsePlatform(formatPlatform(platform))).toEqual(platform);
      }),
    );
  });
});

describe('platformMatches', () => {
  it.each([
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64/8', 'linux/aarch64', true],
    ['linux/arm', 'linux/arm/v7', true],
    ['linux/arm/v6', 'linux/arm', false],
    ['linux/amd64/v1', 'linux/x86_64', true],
    ['linux/amd64/v2', 'linux/amd64', false],
    ['linux/arm64/v9', 'linux/arm64', false],
    ['linux/amd64', 'windows/amd64', false],
    ['linux/amd64', 'linux/386', false],
    ['windows/amd64:10.0.1', 'windows/amd64', true],
    ['windows/amd64:10.0.1', 'windows/amd64:10.0.1', true],
    ['windows/amd64:10.0.1', 'windows/amd64:10.0.2', false],
    ['windows/amd64', 'windows/amd64:10.0.2', false],
  ])('%s, where %s is wanted: %s', (offered, wanted, expected) => {
    expect(platformMatches(parsePlatform(offered), parsePlatform(wanted))).toBe(expected);
  });

  it('takes a platform as a document spells it', () => {
    expect(platformMatches({ os: 'Linux', architecture: 'ARM64', variant: '' }, parsePlatform('linux/arm64'))).toBe(
      true,
    );
  });

  it('demands the features that are wanted, and no others', () => {
    const windows = { os: 'windows', architecture: 'amd64' };
    const offered = { ...windows, 'os.features': ['win32k', 'other'] };
    expect(platformMatches(offered, { ...windows, 'os.features': ['win32k'] })).toBe(true);
    expect(platformMatches(offered, { ...windows, 'os.features': ['more'] })).toBe(false);
    expect(platformMatches(windows, { ...windows, 'os.features': ['win32k'] })).toBe(false);
  });
});

describe('selectPlatform', () => {
  const entry = (text: string, content: string = text): Descriptor => ({
    ...descriptorOf(content),
    platform: parsePlatform(text),
  });
  const manifests = [descriptorOf('none'), entry('linux/amd64'), entry('linux/arm/v7'), entry('linux/arm64/v8')];

  it.each([
    ['linux/amd64', 1],
    ['linux/arm', 2],
    ['linux/arm64', 3],
  ])('finds the manifest for %s', (wanted, index) => {
    expect(selectPlatform(manifests, wanted)).toBe(manifests[index]);
    expect(selectPlatform(manifests, parsePlatform(wanted))).toBe(manifests[index]);
  });

  it('lists what is there when the platform is not', () => {
    const available = ['linux/amd64', 'linux/arm/v7', 'linux/arm64/v8'];
    expect(() => selectPlatform(manifests, 'linux/riscv64')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', details: { available } }) as Error,
    );
  });

  it('finds nothing where no manifest has a platform', () => {
    expect(() => selectPlatform([descriptorOf('none')], 'linux/amd64')).toThrow(refused);
  });

  it('refuses to choose between two that differ', () => {
    const two = [entry('windows/amd64:10.0.1'), entry('windows/amd64:10.0.2')];
    expect(() => selectPlatform(two, 'windows/amd64')).toThrow(refused);
    expect(selectPlatform(two, 'windows/amd64:10.0.2')).toBe(two[1]);
  });

  it('takes one of two that are the same', () => {
    const two = [entry('linux/amd64', 'x'), entry('linux/amd64', 'x')];
    expect(selectPlatform(two, 'linux/amd64')).toBe(two[0]);
  });
});
