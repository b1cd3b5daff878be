#!/bin/sh
# A promtool that does what STAND_IN says, for what no real one does on demand. Without
# STAND_IN it hangs once it has told its version.
#   refuses    every rule file          passes, fails   every test
#   miscounts  two rules in every file  silent          ends well and says nothing
#   garbage    says what means nothing  versionless     does not tell its version
checks="Checking $3"
tests="Unit Testing:  $3"
case "${STAND_IN:-hangs} $1" in
"versionless "*) echo "usage: promtool" ;;
*" --version") echo "promtool, version 9.9.9 (branch: none, revision: none)" ;;
"hangs "*) exec /bin/sleep 60 ;;
"silent "*) echo "$checks" ;;
"garbage "*) echo "?!"; exit 7 ;;
"refuses check") printf '%s\n  FAILED:\n%s: not to the taste of a stand-in\n' "$checks" "$3" >&2; exit 1 ;;
"miscounts check") printf '%s\n  SUCCESS: 2 rules found\n' "$checks" ;;
*" check") printf '%s\n  SUCCESS: 1 rules found\n' "$checks" ;;
"fails test") printf '%s\n  FAILED:\n    alertname: Down, time: 0s, got:[]\n' "$tests" >&2; exit 1 ;;
*" test") printf '%s\n  SUCCESS\n' "$tests" ;;
esac
