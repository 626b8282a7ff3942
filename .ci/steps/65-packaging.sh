# The tarball that would be published, as npm, TypeScript, JSR and a user see it.
# after 50 60
set -euo pipefail
source .ci/environment.sh
npx publint --strict
npx attw --pack . --profile esm-only
"$PACKWRIGHT_RUNTIMES/node_modules/.bin/deno" publish --dry-run --allow-dirty
use_runtimes
npx vitest run --config .ci/built.config.ts test/packaging
