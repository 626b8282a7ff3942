# Servers for stores beside versitygw, which is a peer: Postgres from Debian, and moto, an S3 in memory, as Python packages.
# after 60
set -euo pipefail
source .ci/environment.sh
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian keeps the programs of Postgres in a folder per version, and what makes an environment apart from Python itself.
missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update
  as_root apt-get install -y --no-install-recommends "${missing[@]}"
fi

# Made under another name and renamed, so that a run that was stopped leaves nothing half done under the final one.
moto=$PACKWRIGHT_CACHE/moto-$(fingerprint .ci/stores/requirements.txt)
mkdir -p "$PACKWRIGHT_CACHE" "$PACKWRIGHT_PEERS"
if [ ! -d "$moto" ]; then
  stage=$(mktemp -d "$PACKWRIGHT_CACHE/stage-XXXXXX")
  python3 -m venv "$stage"
  "$stage/bin/pip" install --quiet --no-deps --require-hashes --requirement .ci/stores/requirements.txt
  # What pip wrote names the folder that it wrote to.
  printf '#!/bin/sh\nexec "%s/bin/python3" "$@"\n' "$moto" >"$stage/bin/python-with-moto"
  chmod +x "$stage/bin/python-with-moto"
  mv "$stage" "$moto"
fi
ln -sfn "$moto/bin/python-with-moto" "$PACKWRIGHT_PEERS/python-with-moto"

"$PACKWRIGHT_PEERS/versitygw" --version
"$moto/bin/python3" -c 'import importlib.metadata as m; print("moto", m.version("moto"))'
for initdb in /usr/lib/postgresql/*/bin/initdb; do "$initdb" --version; done
