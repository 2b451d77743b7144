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

if [ -z "${ADVISOR_ADMINISTRATOR_NAME:-}" ]; then
    if [ -n "${ADVISOR_ADMINISTRATOR_OBJECT_ID:-}" ]; then
        echo "error: ADVISOR_ADMINISTRATOR_OBJECT_ID is set, its name is not:" >&2
        echo "       azd env set ADVISOR_ADMINISTRATOR_NAME <sign-in name, or display name of a group>" >&2
        exit 78
    fi
    remember ADVISOR_ADMINISTRATOR_OBJECT_ID "$(az ad signed-in-user show --query id --output tsv)"
    remember ADVISOR_ADMINISTRATOR_NAME "$(az ad signed-in-user show --query userPrincipalName --output tsv)"
fi

if [ -z "${ADVISOR_OIDC_AUDIENCE:-}" ]; then
    echo "error: the client id by which people sign in is missing; docs/deploy.md says how to register the application:" >&2
    echo "       azd env set ADVISOR_OIDC_AUDIENCE <client id>" >&2
    exit 78
fi
