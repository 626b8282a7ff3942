import { UsageError } from '../../../errors.ts';

/** The package, which whoever wants it installs. */
export type SigstoreClient = typeof import('@sigstore/sign');

/**
 * Loads the package where it is installed: nobody else has to.
 *
 * @throws UsageError `ERR_UNSUPPORTED`.
 */
export async function loadClient(
  load: () => Promise<SigstoreClient> = () => import('@sigstore/sign'),
): Promise<SigstoreClient> {
  try {
    return await load();
  } catch (cause) {
    throw new UsageError('ERR_UNSUPPORTED', 'package @sigstore/sign is not installed, or does not load here', {
      hint: 'npm install @sigstore/sign@5, on Node; packwright/signer/keyless signs without it, and everywhere',
      cause,
    });
  }
}
