# Installs what the steps below need: Debian's browsers and skopeo, the runtimes from npm, the peers as Go modules.
set -euo pipefail
source .ci/environment.sh
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

debian=(chromium firefox-esr skopeo)
missing=()
for program in "${debian[@]}"; do command -v "$program" >/dev/null || missing+=("$program"); done
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update
  as_root apt-get install -y --no-install-recommends "${missing[@]}"
fi

# Made under another name and renamed, so that a run that was stopped leaves nothing half done under the final one.
mkdir -p "$PACKWRIGHT_CACHE"
if [ ! -d "$PACKWRIGHT_RUNTIMES" ]; then
  stage=$(mktemp -d "$PACKWRIGHT_CACHE/stage-XXXXXX")
  cp .ci/runtimes/package*.json .npmrc "$stage"
  # Not `npm ci`: it takes an alias without its address for a lock that is out of date.
  npm install --prefix "$stage"
  mv "$stage" "$PACKWRIGHT_RUNTIMES"
fi
if [ ! -d "$PACKWRIGHT_PEERS" ]; then
  stage=$(mktemp -d "$PACKWRIGHT_CACHE/stage-XXXXXX")
  for folder in .ci/peers/*/; do
    package=$(sed -n 's|^// build ||p' "$folder/go.mod")
    (cd "$folder" && CGO_ENABLED=0 go build -mod=readonly -trimpath -o "$stage/$(basename "$folder")" "$package")
  done
  mv "$stage" "$PACKWRIGHT_PEERS"
fi

for node in node20 node22 node24 node26; do echo "$node $("$PACKWRIGHT_RUNTIMES/node_modules/$node/bin/node" --version)"; done
for program in deno bun; do "$PACKWRIGHT_RUNTIMES/node_modules/.bin/$program" --version; done
"$PACKWRIGHT_PEERS/oras" version
"$PACKWRIGHT_PEERS/crane" version
"$PACKWRIGHT_PEERS/regctl" version
skopeo --version
chromium --version --no-sandbox
firefox-esr --version
