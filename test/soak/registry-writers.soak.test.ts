import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bytesSource, createPackService } from 'packwright';
import { expect, it, onTestFinished } from 'vitest';
import { describeWithPeers } from '../interop/peers.ts';
import { runRegistry } from '../peers/guarded-registry.ts';
import { ownRegistries } from '../peers/own-client.ts';
import { temporaryFolder } from './command.ts';
import { figure, long } from './report.ts';

const rounds = long ? 20 : 1;
const attachCommand = fileURLToPath(new URL('../peers/attach-command.ts', import.meta.url));
const source = bytesSource(new TextEncoder().encode('subject'));

describeWithPeers(`processes that attach to one subject on a registry without the API, ${rounds} times`, () => {
  // The tests of the peers have a round of ten.
  it.each(long ? [2, 10] : [2])('lose no entry: %i at once, 3 each', async (writers) => {
    const registry = await runRegistry('distribution 2', temporaryFolder(), { access: 'anonymous' });
    onTestFinished(() => registry.stop());
    const registries = ownRegistries(registry);
    onTestFinished(() => registries.close());
    const service = createPackService({ registries: registries.lookup });
    let [attached, lost] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const reference = `${registry.host}/team/round-${round}:v1`;
      const { digest } = await service.pack({ files: [{ path: 'subject', source }] }, reference);
      const each = Array.from({ length: writers }, async (_, index) => {
        const args = [attachCommand, reference, String(index), '3'];
        return (await promisify(execFile)(process.execPath, args)).stdout.trim().split('\n');
      });
      const digests = (await Promise.all(each)).flat();
      const repository = (await registries.lookup(registry.host)).repository(`team/round-${round}`);
      const found = new Set(
        (await repository.referrers(digest)).referrers.map((referrer) => referrer.digest as string),
      );
      attached += digests.length;
      lost += digests.filter((entry) => !found.has(entry)).length;
    }
    figure(`${writers} that attach`, { rounds, attached, lost });
    expect(lost).toBe(0);
  });
});
