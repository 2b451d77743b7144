metadata description = 'Where logs, traces and metrics go: one Log Analytics workspace and an Application Insights on top of it.'

@minLength(1)
@description('Where the workspace is kept.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(1)
@description('Name of the workspace.')
param workspaceName string

@minLength(1)
@description('Name of the Application Insights component.')
param componentName string

@minValue(30)
@maxValue(730)
@description('How many days logs are kept.')
param retentionDays int

@minValue(-1)
@maxValue(1000)
@description('Gigabytes of logs a day at most; -1: no limit.')
param dailyQuotaGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    workspaceCapping: {
      dailyQuotaGb: dailyQuotaGb
    }
    features: {
      // No workspace key lets anybody in; only identities with a role.
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // The instrumentation key alone writes nothing: writers need the role Monitoring Metrics Publisher.
    DisableLocalAuth: true
  }
}

@description('Id of the workspace.')
output workspaceId string = workspace.id

@description('Id of the Application Insights component.')
output componentId string = component.id

@description('Name of the Application Insights component.')
output componentName string = component.name

@description('Where to send telemetry. Not a secret: local authentication is off, so the key in it opens nothing.')
output connectionString string = component.properties.ConnectionString
