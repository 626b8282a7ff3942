# A short round of what `npm run soak` does at length with stores on versitygw and Postgres.
# after 50 63
set -euo pipefail
source .ci/environment.sh
use_peers
PACKWRIGHT_SOAK=short npx vitest run --config .ci/soak.config.ts test/soak/store-
