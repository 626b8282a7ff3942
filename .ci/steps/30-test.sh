# As for anybody who just cloned: no build, no other program. With coverage, so that the tests run once; it slows them.
# after 10
set -euo pipefail
log=$(mktemp)
began=$SECONDS
npm test -- --testTimeout=20000 --coverage --coverage.reporter=text-summary | tee "$log"
echo "note: npm test took $((SECONDS - began)) s"
grep -E '^(Lines|Branches)' "$log" | sed -E 's/ +/ /g; s/^/note: /'
rm "$log"
