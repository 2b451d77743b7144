#!/bin/sh
# After the resources: database, roles, schema and the logins of the identities. Safe to run twice; azd calls it by itself.
set -eu

for name in FRONT_IDENTITY WORKER_IDENTITY DATABASE_IS_PUBLIC; do
    eval "value=\${$name:-}"
    if [ -z "$value" ]; then
        echo "error: $name is not set; see docs/deploy.md" >&2
        exit 78
    fi
done

if [ "$DATABASE_IS_PUBLIC" != "true" ]; then
    echo "The database answers inside its network only: the migration job prepares it, right after the first deployment."
    exit 0
fi

if [ ! -x "${ADVISOR_PYTHON:-$(dirname -- "$0")/../../.venv/bin/python}" ]; then
    echo "Without \`make install\` nothing here reaches the database: the migration job prepares it, right after the first deployment."
    exit 0
fi

# shellcheck source=infra/hooks/environment.sh
. "$(dirname -- "$0")/environment.sh"
status=0
"$python" -m worker prepare-database --identity "$FRONT_IDENTITY" --identity "$WORKER_IDENTITY" || status=$?
# 69: nothing answered. The firewall lets in addresses inside of Azure, and operatorAddresses.
if [ "$status" -eq 69 ]; then
    echo "The database does not answer this machine: the migration job prepares it, right after the first deployment."
    exit 0
fi
exit "$status"
