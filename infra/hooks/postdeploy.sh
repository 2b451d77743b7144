#!/bin/sh
# After azd deployed the first worker app: the same image for the other role and for the migration job, then the migration.
# Migrations are additive, so what still runs of the release before goes on; new workers wait for the schema.
set -eu

for name in AZURE_RESOURCE_GROUP INTERACTIVE_WORKER_NAME REPORTS_WORKER_NAME MIGRATION_JOB_NAME; do
    eval "value=\${$name:-}"
    if [ -z "$value" ]; then
        echo "error: $name is not set; see docs/deploy.md" >&2
        exit 78
    fi
done

# What azd has just deployed, as the app itself says; or the image that is given.
image="${1:-$(az containerapp show --resource-group "$AZURE_RESOURCE_GROUP" \
    --name "$INTERACTIVE_WORKER_NAME" --query 'properties.template.containers[0].image' --output tsv)}"
case "$image" in
*/k8se/quickstart:*)
    echo "error: no worker image is deployed yet; run \`azd deploy worker\` first" >&2
    exit 69
    ;;
esac

echo "migration job: $image"
az containerapp job update --resource-group "$AZURE_RESOURCE_GROUP" --name "$MIGRATION_JOB_NAME" \
    --image "$image" --output none
execution="$(az containerapp job start --resource-group "$AZURE_RESOURCE_GROUP" --name "$MIGRATION_JOB_NAME" \
    --query name --output tsv)"

# Half an hour, the job's own limit.
tries=180
status=Running
while [ "$tries" -gt 0 ]; do
    status="$(az containerapp job execution show --resource-group "$AZURE_RESOURCE_GROUP" --name "$MIGRATION_JOB_NAME" \
        --job-execution-name "$execution" --query properties.status --output tsv)"
    case "$status" in Succeeded | Failed | Stopped | Degraded) break ;; esac
    tries=$((tries - 1))
    sleep 10
done
if [ "$status" != "Succeeded" ]; then
    echo "error: the migration $execution ended as $status; its log:" >&2
    echo "       az containerapp job logs show --resource-group $AZURE_RESOURCE_GROUP --name $MIGRATION_JOB_NAME" \
        "--execution $execution --container migration" >&2
    exit 1
fi
echo "migration $execution: succeeded"

echo "worker: $REPORTS_WORKER_NAME"
az containerapp update --resource-group "$AZURE_RESOURCE_GROUP" --name "$REPORTS_WORKER_NAME" \
    --image "$image" --output none
