/** Runs once before all tests, and says in one line what they will skip and why. */
export function setup(): void {
  if (process.env.PACKWRIGHT_PEERS !== undefined) return;
  process.stdout.write(
    'skipped: test/interop and test/stores, for PACKWRIGHT_PEERS names no folder with oras, crane, regctl, registries, cosign, the services of Sigstore and servers of S3\n',
  );
}
