/** The page: reads the form, runs what is asked, shows what came of it. */
import { acceptDrops } from './drop.ts';
import { byId } from './element.ts';
import type { Finding, RunOptions } from './finding.ts';
import { openForm } from './form.ts';
import { openProgress } from './progress.ts';
import { showTrustDate } from './read-trust.ts';
import type { VerifyRequest } from './request.ts';
import { forgetResult, showCancelled, showError, showFindings } from './result.ts';
import { verifyFile } from './verify-file.ts';
import { verifyLayout, verifyReference } from './verify-repository.ts';

const form = openForm();
const progress = openProgress();
acceptDrops(form.takeFolder);
showTrustDate();

/** Why a verification ends whose question has changed. */
const outdated = Symbol('outdated');

const element = byId('form', HTMLFormElement);
element.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!progress.isRunning()) void answer();
});
// A verdict beside other files or another identity than it is about would be believed. No change is waited for: a field
// of text tells of it when it loses the focus, to the verdict for example.
element.addEventListener('input', () => {
  progress.cancel(outdated);
  forgetResult();
});

async function answer(): Promise<void> {
  forgetResult();
  const { signal, onProgress, end } = progress.begin();
  try {
    const request = await form.read();
    const findings = request && (await verify(request, { signal, onProgress }));
    end();
    if (request !== undefined && findings !== undefined) showFindings(findings, request.policy);
  } catch (error) {
    end();
    // Whoever goes on typing keeps the focus.
    if (signal.reason === outdated) return;
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
