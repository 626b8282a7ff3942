# after 10
set -euo pipefail
npm run demo
