# A short round of what `npm run soak` does at length.
set -euo pipefail
source .ci/environment.sh
use_peers
bash .ci/soak --short
