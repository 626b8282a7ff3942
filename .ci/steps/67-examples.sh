# after 50
set -euo pipefail
npx vitest run --config .ci/built.config.ts test/examples
