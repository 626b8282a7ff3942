import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { folderMirror, httpMirror, tufClient } from '../../../../src/adapters/trust/tuf.ts';
import { fromUtf8 } from '../../../../src/bytes/encoding.ts';
import { TestRepository } from '../tuf-repository.ts';

const asked = { maxBytes: 10 };
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && fromUtf8(bytes);

describe('a mirror on the web', () => {
  let server: Server;
  let base: string;
  let answer: RequestListener;
  const requests: string[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request.url ?? '');
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const mirror = (path = '/repo/'): ReturnType<typeof httpMirror> =>
    httpMirror(base + path, { retry: { attempts: 2, baseMs: 1 } });

  it.each(['/repo', '/repo/'])('has files below %s', async (path) => {
    answer = (_request, response) => void response.end('content');
    expect(text(await mirror(path)('targets/a%2Fb', asked))).toBe('content');
    expect(requests.at(-1)).toBe('/repo/targets/a%2Fb');
  });

  it.each(['/etc', '//other.example/a', 'https://other.example/a'])('asks for %j below its folder', async (path) => {
    answer = (_request, response) => void response.end('content');
    await mirror()(path, asked);
    expect(requests.at(-1)).toBe(`/repo/${path}`);
  });

  it.each([403, 404, 410])('has no file where the answer is %i', async (status) => {
    answer = (_request, response) => void response.writeHead(status).end('no');
    expect(await mirror()('a', asked)).toBeUndefined();
  });

  it.each([401, 500])('cannot be asked where the answer is %i', async (status) => {
    answer = (_request, response) => void response.writeHead(status).end('no');
    await expect(mirror()('a', asked)).rejects.toMatchObject({
      code: 'ERR_TUF_UNAVAILABLE',
      retryable: status === 500,
    });
  });

  it('cannot be asked where nobody listens', async () => {
    const nobody = httpMirror('http://127.0.0.1:9', { retry: { attempts: 1 } });
    await expect(nobody('a', asked)).rejects.toMatchObject({ code: 'ERR_TUF_UNAVAILABLE' });
  });

  it('is read no further than what is wanted', async () => {
    let sent = 0;
    answer = (_request, response) => {
      const more = (): void => {
        sent += 1000;
        if (!response.destroyed && sent < 1e8) response.write('x'.repeat(1000), () => setImmediate(more));
      };
      more();
    };
    await expect(mirror()('a', { maxBytes: 5000 })).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    expect(sent).toBeLessThan(1e7);
  });

  it('is not read at all where more is announced', async () => {
    answer = (_request, response) => void response.writeHead(200, { 'content-length': 11 }).end('x'.repeat(11));
    await expect(mirror()('a', asked)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('ends with the reason of a signal', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped');
    answer = () => controller.abort(reason);
    await expect(mirror()('a', { ...asked, signal: controller.signal })).rejects.toBe(reason);
  });

  it('gives what a client needs', async () => {
    const repository = await TestRepository.create();
    repository.addTarget('targets', 'dir/a b', 'content');
    await repository.publishTargets();
    answer = (request, response) => {
      const bytes = repository.files.get((request.url ?? '').slice('/repo/'.length));
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    };
    const client = tufClient(repository.options({ metadata: mirror() }));
    expect(text((await client.target('dir/a b'))?.bytes)).toBe('content');
  });

  it.each(['ftp://mirror.example', 'mirror.example', ''])('is not at %j', (url) => {
    expect(() => httpMirror(url)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  it('refuses an unknown option', () => {
    const options = { fetsch: fetch } as object;
    expect(() => httpMirror('https://mirror.example', options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});

describe('a mirror in a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'packwright-tuf-'));
  const mirror = folderMirror(join(folder, 'mirror'));
  mkdirSync(join(folder, 'mirror/targets/folder'), { recursive: true });
  const put = (path: string, content = path): void => writeFileSync(join(folder, path), content);
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => void vi.unstubAllGlobals());

  it.each([
    ['1.root.json', '1.root.json'],
    ['targets/a%20b', 'targets/a b'],
    ['targets/1...%2Foutside', 'targets/1...%2Foutside'],
    ['targets/c%3Ad', 'targets/c%3Ad'],
    ['targets/e%5Cf', 'targets/e%5Cf'],
  ])('has %s in %s', async (path, file) => {
    put(`mirror/${file}`, 'content');
    expect(text(await mirror(path, asked))).toBe('content');
  });

  it.each(['%2E%2E/outside', 'targets/%2e%2e%2f%2e%2e%2foutside', 'missing', 'targets', '1.root.json/a'])(
    'has nothing at %s',
    async (path) => {
      put('outside');
      put('mirror/1.root.json');
      expect(await mirror(path, asked)).toBeUndefined();
    },
  );

  it('refuses a file that is larger than what is wanted', async () => {
    put('mirror/large', 'x'.repeat(11));
    await expect(mirror('large', asked)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('cannot be asked for a name that no file can have', async () => {
    await expect(mirror('x'.repeat(1000), asked)).rejects.toMatchObject({ code: 'ERR_TUF_UNAVAILABLE' });
  });

  it('ends with the reason of a signal', async () => {
    const reason = new Error('stopped');
    put('mirror/a', 'content');
    await expect(mirror('a', { ...asked, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('gives what a client needs', async () => {
    const repository = await TestRepository.create();
    repository.addTarget('targets', 'dir/a b', 'content');
    await repository.delegate('targets', '../up');
    await repository.publishTargets('../up');
    for (const [path, bytes] of repository.files) {
      const file = join(folder, 'download', path.replace('%20', ' '));
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, bytes);
    }
    const client = tufClient(repository.options({ metadata: folderMirror(join(folder, 'download')) }));
    expect(text((await client.target('dir/a b'))?.bytes)).toBe('content');
    expect(await client.target('missing')).toBeUndefined();
  });

  it('needs a path, and a platform with folders', () => {
    expect(() => folderMirror('')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    vi.stubGlobal('process', undefined);
    expect(() => folderMirror('a')).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
  });
});
