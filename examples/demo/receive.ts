/** Somebody else gets the pack with all that was attached, and asks who made it before it is unpacked. */
import { formatBytes, pullCommand, referrersCommand, unpackCommand, verifyCommand } from 'packwright/cli';
import type { VerificationFlags } from 'packwright/cli';
import { context, expect, path, say, timed } from './stage.ts';

export const received: string = path('received');
const reference = `oci:${received}:demo`;

export async function receive(from: string, digest: string): Promise<void> {
  say('7. Copy it into another layout, with everything attached. Every byte is checked on the way.');
  const { result, time } = await timed(() => pullCommand({ from, to: reference }, context));
  expect(result.digest === digest, 'what comes back is what was pushed');
  say(`   same digest, ${formatBytes(result.copied.bytes)} in ${time}`);
  const { referrers } = await referrersCommand({ reference }, context);
  expect(referrers.length === 5, 'two signatures, two attestations and a trust root came along');
  say(`   and ${referrers.length} referrers: two signatures, two attestations, a trust root`);
}

/** Verifies what was received, where no registry is left, and gives the verdict in words. */
export async function verify(flags: VerificationFlags): Promise<string> {
  const { verdict, message } = await verifyCommand({ subject: reference, ...flags }, context);
  expect(verdict === 'passed', 'the verdict is yes');
  return message;
}

export async function unpack(to: string): Promise<void> {
  const { result, time } = await timed(() => unpackCommand({ reference, output: path(to) }, context));
  say(`   ${result.files} files, ${formatBytes(result.bytes)} in ${time}`);
}
