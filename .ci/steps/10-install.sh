# README's first command, and what it costs: 600 MB at most.
set -euo pipefail
began=$SECONDS
npm install
megabytes=$(du -sm node_modules | cut -f 1)
echo "note: npm install took $((SECONDS - began)) s, $megabytes MB"
[ "$megabytes" -le 600 ]
# An install that changes the lock would change what the demo packs.
[ -z "$(git status --porcelain package-lock.json)" ]
