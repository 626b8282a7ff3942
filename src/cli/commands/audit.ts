import type { Descriptor } from '../../oci/index.ts';
import { auditBlobs, type AuditReport } from '../../store/index.ts';
import type { CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../format-bytes.ts';
import { openFolder } from '../open-location.ts';
import { formatTable } from '../table.ts';

/**
 * Reads every byte of a layout and compares it with what names it. Changes nothing.
 *
 * @throws FormatError, StoreError where the index cannot be read. A damaged manifest is in the report.
 */
export async function auditCommand(
  options: { readonly reference: string },
  context: CommandContext,
): Promise<AuditReport> {
  const { layout } = openFolder(options.reference, context);
  const reachable: Descriptor[] = [];
  for await (const descriptor of layout.reachable({ ...context.operation, skipDamaged: true }))
    reachable.push(descriptor);
  return auditBlobs({ blobs: layout.blobs, reachable, ...context.operation });
}

/** `packwright audit`. */
export const auditSpec: CommandSpec = {
  name: 'audit',
  summary: 'check every byte of a layout; exit code 30 where something is wrong',
  arguments: [{ name: 'ref', summary: 'oci:DIR' }],
  flags: [],
  examples: ['packwright audit oci:packs'],
  async run([reference = ''], _flags, context) {
    const report = await auditCommand({ reference }, context);
    return { json: report, text: describe(report), exitCode: report.ok ? 0 : 30 };
  },
};

function describe(report: AuditReport): string {
  const problems = formatTable([
    ...report.missing.map(({ digest }) => ['missing', digest, '']),
    ...report.corrupt.map(({ digest, message }) => ['corrupt', digest, message]),
    ...report.wrongSize.map(({ digest, expected, actual }) => [
      'wrong size',
      digest,
      `${actual} bytes, expected ${expected}`,
    ]),
    ...report.unreadable.map(({ digest, message }) => ['unreadable', digest, message]),
  ]);
  const verdict = report.ok ? 'whole' : 'damaged';
  return `${problems}${verdict}: ${report.checked} blobs, ${formatBytes(report.bytes)} read, ${report.orphans.length} that nothing leads to\n`;
}
