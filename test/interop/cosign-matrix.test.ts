import { afterAll, beforeAll, expect, it } from 'vitest';
import { tryBlob } from './cosign/blob-cell.ts';
import { blobCells, cellTitle, imageCells, type Cell } from './cosign/cells.ts';
import { tryImage } from './cosign/image-cell.ts';
import { matrixReport, type Tried } from './cosign/report.ts';
import { startWorld, type World } from './cosign/world.ts';
import { describeWithPeers } from './peers.ts';

/**
 * Why what must not pass is refused, by who signed. The entry of a log holds key and signature, and a timestamp the
 * signature: whoever looks at these first says so of them.
 */
const unsigned = /signature|threshold|log inclusion|timestamp/;
const reasons = {
  packwright: {
    key: { digest: /digest|invalid signature/, signer: unsigned, byte: unsigned },
    keyless: { digest: /digest|invalid signature/, signer: /identity|identities/, byte: unsigned },
  },
  cosign: {
    key: {
      digest: /^ERR_SUBJECT_MISMATCH/,
      signer: /^ERR_SIGNATURE_INVALID/,
      byte: /^ERR_(SIGNATURE|TIMESTAMP)_INVALID/,
    },
    keyless: {
      digest: /^ERR_SUBJECT_MISMATCH/,
      signer: /^ERR_IDENTITY_MISMATCH/,
      byte: /^ERR_(SIGNATURE|TIMESTAMP)_INVALID/,
    },
  },
} as const;

const titled = (cells: readonly Cell[]): (readonly [string, Cell])[] => cells.map((cell) => [cellTitle(cell), cell]);

describeWithPeers('what packwright and cosign sign for one another', { concurrent: true, timeout: 120_000 }, () => {
  let world: World;
  const report = matrixReport();
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(async () => {
    report.print();
    await world.stop();
  });

  function check(cell: Cell, tried: Tried): void {
    report.add(cell, tried);
    expect(tried.accepted.filter(({ accepted }) => !accepted)).toEqual([]);
    const { digest, signer, byte } = reasons[cell.from][cell.kind];
    const said = (reason: RegExp): object => ({ accepted: false, said: expect.stringMatching(reason) as unknown });
    expect(tried.refused).toEqual({ digest: said(digest), signer: said(signer), byte: said(byte) });
  }

  it.each(titled(imageCells))('%s', async (_title, cell) => check(cell, await tryImage(world, cell)));
  it.each(titled(blobCells))('%s', async (_title, cell) => check(cell, await tryBlob(world, cell)));
});
