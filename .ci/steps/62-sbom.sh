# Bills of materials by the schemas of both projects, and by readers that neither of us wrote.
# after 10 63
set -euo pipefail
source .ci/environment.sh
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian keeps what makes an environment apart from Python itself.
if ! python3 -c 'import ensurepip' 2>/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update
  as_root apt-get install -y --no-install-recommends python3-venv
fi

# Made under another name and renamed, so that a run that was stopped leaves nothing half done under the final one.
mkdir -p "$PACKWRIGHT_CACHE"
if [ ! -d "$PACKWRIGHT_SBOM_TOOLS" ]; then
  stage=$(mktemp -d "$PACKWRIGHT_CACHE/stage-XXXXXX")
  cp .ci/sbom/package*.json .npmrc "$stage"
  # The libraries for XML are optional, and would be compiled.
  npm install --prefix "$stage" --omit=optional
  python3 -m venv "$stage/python"
  "$stage/python/bin/pip" install --quiet --no-deps --require-hashes --requirement .ci/sbom/requirements.txt
  mv "$stage" "$PACKWRIGHT_SBOM_TOOLS"
fi

use_sbom_tools
npx vitest run test/attest/sbom
