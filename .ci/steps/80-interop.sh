# Layouts and registries from and for oras, crane, regctl and skopeo; signatures from and for cosign, in a private Sigstore
# and on every runtime. With the peers given, a missing one is a failure, not a skip.
# after 50 60
set -euo pipefail
source .ci/environment.sh
use_peers
# A private Sigstore has a timestamp authority with a fixed port, and where that gets no network of its own, there is one.
workers=2
unshare -rn true || workers=1
npx vitest run --maxWorkers=$workers test/interop
use_runtimes
npx vitest run --config .ci/built.config.ts test/interop
