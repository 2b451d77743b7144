#!/bin/sh
# Before the resources: fills in what azd does not know by itself. Values that are set stay as they are.
set -eu

remember() {
    if [ -z "$(eval "printf %s \"\${$1:-}\"")" ]; then
        azd env set "$1" "$2"
    fi
}

# A budget's first month may not change later, so it is decided once.
remember ADVISOR_BUDGET_START_DATE "$(date -u +%Y-%m-01)"

# The first administrator is whoever is signed in, unless both are set.
if [ -n "${ADVISOR_ADMINISTRATOR_OBJECT_ID:-}${ADVISOR_ADMINISTRATOR_NAME:-}" ]; then
    for name in ADVISOR_ADMINISTRATOR_OBJECT_ID ADVISOR_ADMINISTRATOR_NAME; do
        eval "value=\${$name:-}"
        if [ -z "$value" ]; then
            echo "error: of the first administrator, $name is not set: azd env set $name <value>" >&2
            exit 78
        fi
    done
else
    id="$(az ad signed-in-user show --query id --output tsv)" || id=
    name="$(az ad signed-in-user show --query userPrincipalName --output tsv)" || name=
    if [ -z "$id" ] || [ -z "$name" ]; then
        echo "error: no person is signed in with az: run \`az login\`, or say who the first administrator is:" >&2
        echo "       azd env set ADVISOR_ADMINISTRATOR_OBJECT_ID <object id>" >&2
        echo "       azd env set ADVISOR_ADMINISTRATOR_NAME <user principal name or display name>" >&2
        exit 78
    fi
    remember ADVISOR_ADMINISTRATOR_OBJECT_ID "$id"
    remember ADVISOR_ADMINISTRATOR_NAME "$name"
fi

if [ -z "${ADVISOR_OIDC_AUDIENCE:-}" ]; then
    echo "error: the client id by which people sign in is missing; docs/deploy.md says how to register the application:" >&2
    echo "       azd env set ADVISOR_OIDC_AUDIENCE <client id>" >&2
    exit 78
fi
