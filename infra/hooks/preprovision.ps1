# Before the resources: fills in what azd does not know by itself. Values that are set stay as they are.

$ErrorActionPreference = 'Stop'

function Set-IfMissing([string] $name, [string] $value) {
    if (-not [Environment]::GetEnvironmentVariable($name)) {
        azd env set $name $value
        if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
    }
}

# A budget's first month may not change later, so it is decided once.
Set-IfMissing 'ADVISOR_BUDGET_START_DATE' ([DateTime]::UtcNow.ToString('yyyy-MM-01'))

# The first administrator is whoever is signed in, unless both are set.
if ($env:ADVISOR_ADMINISTRATOR_OBJECT_ID -or $env:ADVISOR_ADMINISTRATOR_NAME) {
    foreach ($name in 'ADVISOR_ADMINISTRATOR_OBJECT_ID', 'ADVISOR_ADMINISTRATOR_NAME') {
        if (-not [Environment]::GetEnvironmentVariable($name)) {
            [Console]::Error.WriteLine("error: of the first administrator, $name is not set: azd env set $name <value>")
            exit 78
        }
    }
} else {
    $id = az ad signed-in-user show --query id --output tsv
    $name = az ad signed-in-user show --query userPrincipalName --output tsv
    if (-not $id -or -not $name) {
        [Console]::Error.WriteLine('error: no person is signed in with az: run `az login`, or say who the first administrator is:')
        [Console]::Error.WriteLine('       azd env set ADVISOR_ADMINISTRATOR_OBJECT_ID <object id>')
        [Console]::Error.WriteLine('       azd env set ADVISOR_ADMINISTRATOR_NAME <user principal name or display name>')
        exit 78
    }
    Set-IfMissing 'ADVISOR_ADMINISTRATOR_OBJECT_ID' $id
    Set-IfMissing 'ADVISOR_ADMINISTRATOR_NAME' $name
}

if (-not $env:ADVISOR_OIDC_AUDIENCE) {
    [Console]::Error.WriteLine('error: the client id by which people sign in is missing; docs/deploy.md says how to register the application:')
    [Console]::Error.WriteLine('       azd env set ADVISOR_OIDC_AUDIENCE <client id>')
    exit 78
}
