# A short round of what `npm run soak` does at length, but for stores on servers.
# after 50 60
set -euo pipefail
source .ci/environment.sh
use_peers
PACKWRIGHT_SOAK=short npx vitest run --config .ci/soak.config.ts --exclude 'test/soak/store-*'
