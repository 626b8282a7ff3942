# after 10 20
set -euo pipefail
npm run build
[ -x dist/cli/bin.js ]
echo "note: dist is $(du -sk dist | cut -f 1) kB"
