import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/digest/index.ts';
import { parseImageConfig } from '../../src/oci/index.ts';
import { bytesOf } from './documents.ts';

const someConfig = (members: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [digestOf(new Uint8Array())] },
  ...members,
});

describe('parseImageConfig', () => {
  it.each([
    ['only what must be there', {}],
    [
      'what a container runs',
      { config: { Env: ['A=b'], Entrypoint: ['/x'], ExposedPorts: { '80/tcp': {} }, User: '1' } },
    ],
    ['null where Docker has nothing', { config: { Env: null, Cmd: null, Volumes: null, Labels: null }, history: null }],
    ['history', { history: [{ created: '2020-01-01T00:00:00Z', created_by: 'x', empty_layer: true }] }],
    ['members that nobody knows', { docker_version: '1', container_config: { Hostname: 'x' } }],
  ])('reads a config with %s', (_, members) => {
    expect(parseImageConfig(bytesOf(someConfig(members)))).toEqual(someConfig(members));
  });

  it.each([
    ['no object', []],
    ['no architecture', someConfig({ architecture: undefined })],
    ['no os', someConfig({ os: undefined })],
    ['no rootfs', someConfig({ rootfs: undefined })],
    ['a rootfs of another type', someConfig({ rootfs: { type: 'tar', diff_ids: [] } })],
    ['a diff id that is no digest', someConfig({ rootfs: { type: 'layers', diff_ids: ['x'] } })],
    ['an environment that is a string', someConfig({ config: { Env: 'A=b' } })],
    ['a label that is a number', someConfig({ config: { Labels: { a: 1 } } })],
    ['a history that is an object', someConfig({ history: {} })],
  ])('refuses a config with %s', (_, config) => {
    expect(() => parseImageConfig(bytesOf(config))).toThrow(
      expect.objectContaining({ name: 'FormatError', code: 'ERR_MANIFEST_INVALID' }) as Error,
    );
  });

  it('refuses a config beyond the limit', () => {
    const bytes = bytesOf(someConfig());
    expect(parseImageConfig(bytes, { limits: { manifestBytes: bytes.length } })).toEqual(someConfig());
    expect(() => parseImageConfig(bytes, { limits: { manifestBytes: bytes.length - 1 } })).toThrow(
      expect.objectContaining({ code: 'ERR_LIMIT_EXCEEDED' }) as Error,
    );
  });
});
