/** Runs once before all tests, and says in one line what they will skip and why. */
export function setup(): void {
  if (process.env.PACKWRIGHT_PEERS !== undefined) return;
  process.stdout.write(
    'skipped: test/interop, for PACKWRIGHT_PEERS names no folder with oras, crane, regctl, registries, cosign and the services of Sigstore\n',
  );
}
