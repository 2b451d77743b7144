# Dot-sourced by the scripts beside it: the settings of an operator's own machine, made from what the templates put out.
# azd gives the outputs to its hooks.

$ErrorActionPreference = 'Stop'

foreach ($name in 'DB_HOST', 'DB_NAME', 'DB_ADMINISTRATOR', 'BROKER_URL', 'STORAGE_ACCOUNT_URL') {
    if (-not [Environment]::GetEnvironmentVariable($name)) {
        [Console]::Error.WriteLine("error: $name is not set; run this as a hook of azd, or set what azd env get-values prints")
        exit 78
    }
}

# Whoever is signed in with az or azd signs in to the database; the profile is that of a person's machine.
if (-not $env:APP_ENVIRONMENT) { $env:APP_ENVIRONMENT = 'development' }
if (-not $env:AZURE_CREDENTIAL) { $env:AZURE_CREDENTIAL = 'developer' }
if (-not $env:DB_SSLMODE) { $env:DB_SSLMODE = 'verify-full' }
$env:DB_OWNER_USER = $env:DB_ADMINISTRATOR
$env:DB_SYSTEM_USER = $env:DB_ADMINISTRATOR
# azd's own variables must not choose another identity.
foreach ($name in 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET', 'AZURE_TENANT_ID') {
    [Environment]::SetEnvironmentVariable($name, $null)
}

$root = (Resolve-Path (Join-Path $PSScriptRoot '..' '..')).Path
Set-Location $root
$python = $env:ADVISOR_PYTHON
if (-not $python) {
    $python = if ($IsWindows) { Join-Path $root '.venv' 'Scripts' 'python.exe' } else { Join-Path $root '.venv' 'bin' 'python' }
}
if (-not (Test-Path $python)) {
    [Console]::Error.WriteLine("error: $python is missing; set ADVISOR_PYTHON to a Python with worker/requirements.txt")
    exit 78
}
