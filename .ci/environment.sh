# What was installed lies outside the tree, in folders named after what they hold: a new version gets a new folder.
CI_FOLDER=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fingerprint() { cat "$@" | sha256sum | cut -c 1-12; }

PACKWRIGHT_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/packwright-ci
# Every peer has a folder of its own, so that a new one does not build the others again; this one links to them all.
peer_folder() { echo "$PACKWRIGHT_CACHE/peer-$(basename "$1")-$(fingerprint "$1"/go.mod "$1"/go.sum)"; }
PACKWRIGHT_PEERS=$PACKWRIGHT_CACHE/peers-$(fingerprint "$CI_FOLDER"/peers/*/go.{mod,sum})
PACKWRIGHT_RUNTIMES=$PACKWRIGHT_CACHE/runtimes-$(fingerprint "$CI_FOLDER"/runtimes/package-lock.json)
PACKWRIGHT_SBOM_TOOLS=$PACKWRIGHT_CACHE/sbom-$(fingerprint "$CI_FOLDER"/sbom/package-lock.json "$CI_FOLDER"/sbom/requirements.txt)
export PACKWRIGHT_CACHE

# Only the steps that are about them see these: the others run as for anybody who just cloned.
use_peers() { export PACKWRIGHT_PEERS; }
use_runtimes() { export PACKWRIGHT_RUNTIMES; }
use_sbom_tools() { export PACKWRIGHT_SBOM_TOOLS; }
