set -euo pipefail
npm run lint
