# A warning is an error: typedoc.json says so. The types are checked by `npm run lint`.
# after 10
set -euo pipefail
npm run docs
