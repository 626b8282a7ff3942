# A short round of what `npm run soak` does at length.
set -euo pipefail
bash .ci/soak --short
