# Runs a command of the worker's command line as the administrator who is signed in:
#     infra/hooks/as-operator.ps1 tenant create Contoso

$ErrorActionPreference = 'Stop'

if ($args.Count -eq 0) {
    [Console]::Error.WriteLine('usage: as-operator.ps1 COMMAND..., for example: as-operator.ps1 tenant create Contoso')
    exit 64
}
. (Join-Path $PSScriptRoot 'environment.ps1')
& $python -m worker @args
exit $LASTEXITCODE
