# Stores on real servers: S3 on versitygw and moto, and Postgres. A missing one is a failure, not a skip.
# after 50 63
set -euo pipefail
source .ci/environment.sh
use_peers
use_runtimes
npx vitest run --maxWorkers=2 --testTimeout=30000 test/stores
