import type { HttpFailure } from '../../../http/http-failure.ts';
import type { EventVerb, OperationOptions } from '../../../ports/operation.ts';
import { startReport, type Report } from '../../../ports/report.ts';

/** Tells what happens to one request. Nothing is told of one that just works. */
export interface Notes {
  readonly retry: (failure: HttpFailure, waitMs: number) => void;
  readonly fallback: (message: string) => void;
  readonly warning: (message: string) => void;
  readonly end: () => void;
}

/** Notes of one request, as an operation of its own that starts with the first of them. */
export function createNotes(verb: EventVerb, name: string, options: OperationOptions): Notes {
  let report: Report | undefined;
  const note = (kind: 'retry' | 'fallback' | 'warning', message: string): void => {
    report ??= startReport({ verb, name }, options);
    report.note(kind, message);
  };
  return {
    retry: (failure, waitMs) => note('retry', `${failure.message}; again in ${Math.round(waitMs)} ms`),
    fallback: (message) => note('fallback', message),
    warning: (message) => note('warning', message),
    end: () => {
      report?.done();
      report = undefined;
    },
  };
}
