import { FormatError, type FormatIssue } from '../errors.ts';

/** The codes of what can be wrong in a lockfile, the gravest first: it is the one that the error carries. */
const codes = ['ERR_UNSAFE_PATH', 'ERR_LOCK_INVALID', 'ERR_LOCK_ENTRY'] as const;

/** A code of {@link IssueLog.add}. */
export type IssueCode = (typeof codes)[number];

/** Gathers everything that is wrong with one file, so that a person mends it in one go. */
export interface IssueLog {
  add(code: IssueCode, path: string, message: string): void;
  /** Throws one FormatError with every issue, when there is one. */
  throwAny(hint?: string): void;
}

/** More issues than this are counted, not listed. */
const maxListed = 200;

/** A new, empty log for a file. */
export function createIssueLog(file: string): IssueLog {
  const issues: FormatIssue[] = [];
  let count = 0;
  let gravest: number = codes.length;
  let headline = '';
  return {
    add(code, path, message) {
      count++;
      if (codes.indexOf(code) < gravest) {
        gravest = codes.indexOf(code);
        headline = path === '' ? message : `${JSON.stringify(path.slice(0, 200))} ${message}`;
      }
      if (issues.length < maxListed) issues.push({ path, message });
    },
    throwAny(hint) {
      const code = codes[gravest];
      if (code === undefined) return;
      const rest = count === 1 ? '' : `, and ${String(count - 1)} more`;
      throw new FormatError(code, `lockfile ${file}: ${headline}${rest}`, { issues, hint, details: { file, count } });
    },
  };
}
