# A warning is an error: typedoc.json says so.
set -euo pipefail
npm run docs
