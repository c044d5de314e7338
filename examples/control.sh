#!/bin/sh
# The control socket from a shell, with socat and jq: one JSON-RPC 2.0 object a line each way.
#   examples/control.sh [SOCKET]
set -eu
socket=${1:-$XDG_RUNTIME_DIR/restyled.sock}

ask() { # ask METHOD [PARAMS]
    printf '{"jsonrpc":"2.0","id":1,"method":"%s","params":%s}\n' "$1" "${2:-"{}"}" | socat -t 10 - "UNIX-CONNECT:$socket"
}

echo "Settings, with their version:"
ask settings.get | jq .result
echo "Move to another style within two seconds:"
ask settings.set '{"prompt":"neon city","strength":0.6,"transition":2}' | jq '.result | {version, prompt, strength}'
echo "What each stream does:"
ask status | jq -r '.result.streams[] | "\(.name): \(.state), \(.frames_per_second) frames/s"'
echo "Frames that were dropped, by cause:"
ask stats | jq '.result.streams[] | {(.stream): .dropped}'
echo "A value out of range is an error with a code and a sentence:"
ask settings.set '{"strength":7}' | jq .error
