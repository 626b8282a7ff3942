set -euo pipefail
log=$(mktemp)
npm run coverage -- --coverage.reporter=text-summary | tee "$log"
grep -E '^(Lines|Branches)' "$log" | sed -E 's/ +/ /g; s/^/note: /'
rm "$log"
