/** The page: reads the form, runs what is asked, shows what came of it. */
import { acceptDrops } from './drop.ts';
import { byId } from './element.ts';
import type { Finding, RunOptions } from './finding.ts';
import { openForm } from './form.ts';
import { openProgress } from './progress.ts';
import { showTrustDate } from './read-trust.ts';
import type { VerifyRequest } from './request.ts';
import { showCancelled, showError, showFindings } from './result.ts';
import { verifyFile } from './verify-file.ts';
import { verifyLayout, verifyReference } from './verify-repository.ts';

const form = openForm();
const progress = openProgress();
acceptDrops(form.takeFolder);
showTrustDate();

byId('form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  if (!progress.isRunning()) void answer();
});

async function answer(): Promise<void> {
  const request = await form.read();
  if (request === undefined) return;
  const { signal, onProgress, end } = progress.begin();
  try {
    const findings = await verify(request, { signal, onProgress });
    end();
    showFindings(findings);
  } catch (error) {
    end();
    if (signal.aborted) showCancelled();
    else showError(error);
  }
}

function verify(request: VerifyRequest, options: RunOptions): Promise<Finding[]> {
  const { subject } = request;
  if (subject.kind === 'file') return verifyFile(subject, request, options);
  return subject.kind === 'layout'
    ? verifyLayout(subject, request, options)
    : verifyReference(subject, request, options);
}
