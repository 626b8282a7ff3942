import type { Descriptor } from '../oci/descriptor.ts';
import type { EventVerb, OperationOptions, PackEvent } from './operation.ts';

/** Reports one operation: its start now, its progress as told, exactly one end. */
export interface Report {
  /** The options to hand to what is part of this operation. */
  readonly options: OperationOptions;
  progress(bytes: number): void;
  note(kind: 'retry' | 'fallback' | 'warning', message: string): void;
  done(facts?: { readonly descriptor?: Descriptor; readonly reused?: boolean }): void;
  failed(error: unknown): void;
}

/** What a report is about. */
export interface ReportSubject {
  readonly verb: EventVerb;
  readonly descriptor?: Descriptor | undefined;
  readonly name?: string | undefined;
  readonly total?: number | undefined;
}

let operations = 0;

/** Starts the report of one operation. Costs nothing when nobody listens. */
export function startReport(subject: ReportSubject, options: OperationOptions): Report {
  const { onEvent, parent, signal } = options;
  if (onEvent === undefined) return silent(options);
  const op = String(++operations);
  let bytes = 0;
  let ended = false;
  const emit = (kind: PackEvent['kind'], facts: Partial<PackEvent> = {}): void => {
    if (ended) return;
    ended = kind === 'done' || kind === 'failed';
    onEvent({ op, ...(parent === undefined ? {} : { parent }), ...subject, kind, bytes, ...facts });
  };
  emit('start');
  return {
    options: { signal, onEvent, parent: op },
    progress: (seen) => {
      if (seen <= bytes) return;
      bytes = seen;
      emit('progress');
    },
    note: (kind, message) => {
      emit(kind, { message });
    },
    done: (facts) => {
      emit('done', facts);
    },
    failed: (error) => {
      emit('failed', { message: error instanceof Error ? error.message : 'failed' });
    },
  };
}

/** Runs an operation under a report, and ends it with what becomes of the operation. */
export async function reported<T>(
  subject: ReportSubject,
  options: OperationOptions,
  run: (report: Report) => Promise<T>,
): Promise<T> {
  const report = startReport(subject, options);
  try {
    const result = await run(report);
    report.done();
    return result;
  } catch (error) {
    report.failed(error);
    throw error;
  }
}

const ignore = (): void => undefined;

function silent(options: OperationOptions): Report {
  return { options, progress: ignore, note: ignore, done: ignore, failed: ignore };
}
