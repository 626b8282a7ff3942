set -euo pipefail
npm run demo
