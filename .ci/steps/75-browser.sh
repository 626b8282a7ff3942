# The portable tests once more, in Chromium.
set -euo pipefail
npx vitest run --config .ci/browser.config.ts
