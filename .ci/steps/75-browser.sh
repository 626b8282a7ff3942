# The portable tests once more, in Chromium; then pages of Chromium and of Firefox that talk to registries.
# after 50 60
set -euo pipefail
source .ci/environment.sh
use_runtimes
npx vitest run --config .ci/browser.config.ts --testTimeout=30000
npx vitest run --config .ci/built.config.ts test/browsers
