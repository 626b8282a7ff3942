import type { PackError } from '../errors.ts';

/** What to do about an error, in the words of the command line: libraries speak of options where it has flags. */
export function commandHint(error: PackError): string | undefined {
  const { system } = error.details;
  if (error.code !== 'ERR_REGISTRY_NETWORK' || typeof system !== 'string') return error.hint;
  if (/SELF_SIGNED|UNABLE_TO/.test(system)) {
    return 'its certificate is not trusted: give the file of its CA with --ca-file';
  }
  if (/SSL|EPROTO/.test(system)) return 'it may speak http without TLS: allow that with --plain-http';
  return error.hint;
}
