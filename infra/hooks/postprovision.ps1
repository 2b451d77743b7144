# After the resources: database, roles, schema and the logins of the identities. Safe to run twice; azd calls it by itself.

$ErrorActionPreference = 'Stop'

foreach ($name in 'FRONT_IDENTITY', 'WORKER_IDENTITY', 'DATABASE_IS_PUBLIC') {
    if (-not [Environment]::GetEnvironmentVariable($name)) {
        [Console]::Error.WriteLine("error: $name is not set; see docs/deploy.md")
        exit 78
    }
}

if ($env:DATABASE_IS_PUBLIC -ne 'true') {
    Write-Output 'The database answers inside its network only: the migration job prepares it, right after the first deployment.'
    exit 0
}

$python = $env:ADVISOR_PYTHON
if (-not $python) {
    $programs = if ($IsWindows) { Join-Path 'Scripts' 'python.exe' } else { Join-Path 'bin' 'python' }
    $python = Join-Path $PSScriptRoot '..' '..' '.venv' $programs
}
if (-not (Test-Path $python)) {
    Write-Output 'Without `make install` nothing here reaches the database: the migration job prepares it, right after the first deployment.'
    exit 0
}

. (Join-Path $PSScriptRoot 'environment.ps1')
& $python -m worker prepare-database --identity $env:FRONT_IDENTITY --identity $env:WORKER_IDENTITY
# 69: nothing answered. The firewall lets in addresses inside of Azure, and operatorAddresses.
if ($LASTEXITCODE -eq 69) {
    Write-Output 'The database does not answer this machine: the migration job prepares it, right after the first deployment.'
    exit 0
}
exit $LASTEXITCODE
