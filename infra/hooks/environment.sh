# shellcheck shell=sh
# Sourced by the scripts beside it: the settings of an operator's own machine, made from what the templates put out.
# azd gives the outputs to its hooks; elsewhere `set -a; . <(azd env get-values)` or `az deployment sub show` does.

for name in DB_HOST DB_NAME DB_ADMINISTRATOR BROKER_URL STORAGE_ACCOUNT_URL; do
    eval "value=\${$name:-}"
    if [ -z "$value" ]; then
        echo "error: $name is not set; run this as a hook of azd, or after: azd env get-values > .env && set -a && . ./.env" >&2
        exit 78
    fi
done

# Whoever is signed in with az or azd signs in to the database; the profile is that of a person's machine.
export APP_ENVIRONMENT="${APP_ENVIRONMENT:-development}"
export AZURE_CREDENTIAL="${AZURE_CREDENTIAL:-developer}"
export DB_SSLMODE="${DB_SSLMODE:-verify-full}"
export DB_OWNER_USER="$DB_ADMINISTRATOR"
export DB_SYSTEM_USER="$DB_ADMINISTRATOR"
export DB_HOST DB_NAME BROKER_URL STORAGE_ACCOUNT_URL
# azd's own variables must not choose another identity.
unset AZURE_CLIENT_ID AZURE_CLIENT_SECRET AZURE_TENANT_ID

root="$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)"
cd "$root" || exit 78
python="${ADVISOR_PYTHON:-$root/.venv/bin/python}"
if [ ! -x "$python" ]; then
    echo "error: $python is missing; run \`make install\`, or set ADVISOR_PYTHON to a Python with worker/requirements.txt" >&2
    exit 78
fi
