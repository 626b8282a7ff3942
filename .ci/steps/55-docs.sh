# A warning is an error: typedoc.json says so.
# after 10
set -euo pipefail
npm run docs
