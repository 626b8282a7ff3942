# Layouts and registries from and for oras, crane, regctl and skopeo; signatures from and for cosign, in a private Sigstore
# and on every runtime. With the peers given, a missing one is a failure, not a skip.
set -euo pipefail
source .ci/environment.sh
use_peers
npx vitest run --maxWorkers=2 test/interop
use_runtimes
npx vitest run --config .ci/built.config.ts test/interop
