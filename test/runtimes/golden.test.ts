import { expect, it } from 'vitest';
import { scenario } from './scenario.ts';

it('gives the pinned digests on the sources', async () => {
  const outcome = JSON.stringify(await scenario(), undefined, 2);
  await expect(`${outcome}\n`).toMatchFileSnapshot('golden.json');
});
