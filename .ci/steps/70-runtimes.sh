# after 50 60
set -euo pipefail
source .ci/environment.sh
use_runtimes
npx vitest run --config .ci/built.config.ts test/runtimes test/conformance
