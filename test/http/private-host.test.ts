import { describe, expect, it } from 'vitest';
import { isPrivateHost } from '../../src/http/private-host.ts';

const hostOf = (host: string): string => new URL(`http://${host}/`).hostname;

describe('isPrivateHost', () => {
  it.each([
    'localhost',
    'localhost.',
    'a.localhost',
    '0.0.0.0',
    '10.1.2.3',
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '100.64.0.1',
    '100.127.0.1',
    '[::]',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[::10.0.0.1]',
    '[64:ff9b::10.0.0.1]',
    '[fe80::1]',
    '[febf::1]',
    '[fc00::1]',
    '[fdff:1:2:3:4:5:6:7]',
  ])('is true for %s', (host) => {
    expect(isPrivateHost(hostOf(host))).toBe(true);
  });

  it.each([
    'registry.example',
    'localhost.example',
    '10.example',
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '192.167.0.1',
    '169.253.0.1',
    '100.63.0.1',
    '100.128.0.1',
    '[2001:db8::1]',
    '[::ffff:8.8.8.8]',
    '[64:ff9b::8.8.8.8]',
    '[fec0::1]',
    '[1:2:3:4:5:6:a00:1]',
  ])('is false for %s', (host) => {
    expect(isPrivateHost(hostOf(host))).toBe(false);
  });
});
