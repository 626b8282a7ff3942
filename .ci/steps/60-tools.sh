# Installs what the steps below need: Debian's browsers, skopeo and registry, the runtimes from npm, the peers as Go modules.
set -euo pipefail
source .ci/environment.sh
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Program and packages; htpasswd writes the passwords that registries read, openssl their certificates, gcc is for cgo.
debian=(
  chromium:chromium firefox-esr:firefox-esr skopeo:skopeo docker-registry:docker-registry
  htpasswd:apache2-utils openssl:openssl 'gcc:gcc libc6-dev'
)
missing=()
for program in "${debian[@]}"; do
  # Two packages are two words.
  # shellcheck disable=SC2206
  command -v "${program%%:*}" >/dev/null || missing+=(${program#*:})
done
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
# Builds a peer where that was not done before. One whose go.mod says `// cgo` needs the C compiler.
build_peer() {
  local source=$1 folder stage package cgo=0
  folder=$(peer_folder "$source")
  [ ! -d "$folder" ] || return 0
  stage=$(mktemp -d "$PACKWRIGHT_CACHE/stage-XXXXXX")
  package=$(sed -n 's|^// build ||p' "$source/go.mod")
  ! grep -qx '// cgo' "$source/go.mod" || cgo=1
  (
    cd "$source"
    # Beside it other steps run.
    CGO_ENABLED=$cgo nice -n 10 go build -mod=readonly -buildvcs=false -trimpath -ldflags=-w -o "$stage/$(basename "$source")" "$package"
  )
  mv "$stage" "$folder"
}
mkdir -p "$PACKWRIGHT_PEERS"
began=$SECONDS
for source in .ci/peers/*/; do
  build_peer "$source"
  ln -sfn "$(peer_folder "$source")/$(basename "$source")" "$PACKWRIGHT_PEERS/$(basename "$source")"
done
echo "note: peers took $((SECONDS - began)) s"

for node in node20 node22 node24 node26; do echo "$node $("$PACKWRIGHT_RUNTIMES/node_modules/$node/bin/node" --version)"; done
for program in deno bun; do "$PACKWRIGHT_RUNTIMES/node_modules/.bin/$program" --version; done
"$PACKWRIGHT_PEERS/oras" version
"$PACKWRIGHT_PEERS/crane" version
"$PACKWRIGHT_PEERS/regctl" version
"$PACKWRIGHT_PEERS/olareg" version
"$PACKWRIGHT_PEERS/distribution" --version
for program in cosign fulcio rekor-server timestamp-server; do
  echo "$program $("$PACKWRIGHT_PEERS/$program" version | sed -n 's/^GitVersion: *//p')"
done
"$PACKWRIGHT_PEERS/ct-test-srv" --version
docker-registry --version
skopeo --version
chromium --version --no-sandbox
firefox-esr --version
