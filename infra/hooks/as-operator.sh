#!/bin/sh
# Runs a command of the worker's command line as the administrator who is signed in:
#     infra/hooks/as-operator.sh tenant create Contoso
set -eu

if [ $# -eq 0 ]; then
    echo "usage: $0 COMMAND..., for example: $0 tenant create Contoso" >&2
    exit 64
fi
# shellcheck source=infra/hooks/environment.sh
. "$(dirname -- "$0")/environment.sh"
exec "$python" -m worker "$@"
