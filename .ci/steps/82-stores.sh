# Stores on real servers: S3 on versitygw and moto, and Postgres; then the built package on every runtime, with both and
# with PGlite. A missing one is a failure, not a skip.
# after 50 63
set -euo pipefail
source .ci/environment.sh
use_peers
use_runtimes
npx vitest run --maxWorkers=2 --testTimeout=30000 test/stores
npx vitest run --config .ci/built.config.ts test/stores
