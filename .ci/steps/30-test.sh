# As for anybody who just cloned: no build, no other program.
set -euo pipefail
began=$SECONDS
npm test
echo "note: npm test took $((SECONDS - began)) s"
