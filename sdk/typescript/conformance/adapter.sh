#!/bin/sh
# Starts the adapter with the dialogue on descriptors 3 and 4. What the SDK prints lands in a
# file that is gone from its folder, and is read back through descriptor 5; 6 is for people.
printed=$(mktemp) || exit 1
exec 3<&0 4>&1 5<"$printed" 6>&2 </dev/null >>"$printed" 2>&1
rm -f "$printed"
exec node "$(dirname "$0")/../dist/conformance/adapter.js"
