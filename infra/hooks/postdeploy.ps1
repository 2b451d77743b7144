# After azd deployed the first worker app: the same image for the other role and for the migration job, then the migration.
# Migrations are additive, so what still runs of the release before goes on; new workers wait for the schema.

param([string] $image)

$ErrorActionPreference = 'Stop'

foreach ($name in 'AZURE_RESOURCE_GROUP', 'INTERACTIVE_WORKER_NAME', 'REPORTS_WORKER_NAME', 'MIGRATION_JOB_NAME') {
    if (-not [Environment]::GetEnvironmentVariable($name)) {
        [Console]::Error.WriteLine("error: $name is not set; see docs/deploy.md")
        exit 78
    }
}
$group = $env:AZURE_RESOURCE_GROUP
$job = $env:MIGRATION_JOB_NAME

function Stop-OnFailure {
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}

# What azd has just deployed, as the app itself says; or the image that is given.
if (-not $image) {
    $image = az containerapp show --resource-group $group --name $env:INTERACTIVE_WORKER_NAME `
        --query 'properties.template.containers[0].image' --output tsv
    Stop-OnFailure
}
if ($image -like '*/k8se/quickstart:*') {
    [Console]::Error.WriteLine('error: no worker image is deployed yet; run `azd deploy worker` first')
    exit 69
}

Write-Output "migration job: $image"
az containerapp job update --resource-group $group --name $job --image $image --output none
Stop-OnFailure
$execution = az containerapp job start --resource-group $group --name $job --query name --output tsv
Stop-OnFailure

# Half an hour, the job's own limit.
$status = 'Running'
for ($try = 0; $try -lt 180; $try++) {
    $status = az containerapp job execution show --resource-group $group --name $job --job-execution-name $execution `
        --query properties.status --output tsv
    Stop-OnFailure
    if ($status -in 'Succeeded', 'Failed', 'Stopped', 'Degraded') { break }
    Start-Sleep -Seconds 10
}
if ($status -ne 'Succeeded') {
    [Console]::Error.WriteLine("error: the migration $execution ended as $status; its log:")
    [Console]::Error.WriteLine("       az containerapp job logs show --resource-group $group --name $job --execution $execution --container migration")
    exit 1
}
Write-Output "migration ${execution}: succeeded"

Write-Output "worker: $env:REPORTS_WORKER_NAME"
az containerapp update --resource-group $group --name $env:REPORTS_WORKER_NAME --image $image --output none
exit $LASTEXITCODE
