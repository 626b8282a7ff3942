import type { PackVerdict } from '../pack/verify.ts';
import type { BundleReport, Check, ProvenTime, VerificationReport } from '../verify/report.ts';
import { formatTable, visible } from './table.ts';

/** What was verified, for a person: a row for each check of each bundle, then the verdict. */
export function verificationText(
  report: VerificationReport,
  subject: string,
  pack?: Pick<PackVerdict, 'signed' | 'descriptor'>,
): string {
  const bundles = report.bundles.map((bundle, index) => bundleText(bundle, index)).join('');
  return `${bundles}${verdictText(report, subject)}${pack === undefined ? '' : signedText(pack)}`;
}

function bundleText(bundle: BundleReport, index: number): string {
  const rows = bundle.checks.map(({ outcome, name, message, code }: Check) => [
    `  ${outcome === 'not-checked' ? 'not checked' : outcome}`,
    name,
    code === undefined ? message : `${message} (${code})`,
  ]);
  return `bundle ${visible(bundle.origin ?? String(index + 1))}: ${bundle.verdict}\n${formatTable(rows)}${timesText(bundle.times)}`;
}

function timesText(times: readonly ProvenTime[]): string {
  return formatTable(times.map(({ time, source, operator }) => ['  time', `${time} by ${source} of ${operator}`]));
}

function verdictText({ verdict, message, code }: VerificationReport, subject: string): string {
  if (verdict === 'passed') return `verified: ${visible(subject)}: ${visible(message)}\n`;
  return `refused: ${visible(subject)}: ${visible(message)}${code === undefined ? '' : ` (${code})`}\n`;
}

/** Which of two manifests the signatures are on. */
function signedText({ signed, descriptor }: Pick<PackVerdict, 'signed' | 'descriptor'>): string {
  if (signed.digest === descriptor.digest) return '';
  return `signatures are on the index ${signed.digest}, which names the manifest ${descriptor.digest}\n`;
}
