metadata description = 'Diagnostic settings: what each resource says of itself goes to the log workspace.'

@minLength(1)
@description('Id of the log workspace.')
param workspaceId string

@minLength(1)
@description('Name of the Functions app.')
param functionAppName string

@minLength(1)
@description('Name of the Container Apps environment.')
param environmentName string

@minLength(1)
@description('Name of the PostgreSQL server.')
param databaseServerName string

@minLength(1)
@description('Name of the cache.')
param cacheName string

@minLength(1)
@description('Name of the Key Vault.')
param vaultName string

@minLength(1)
@description('Name of the registry.')
param registryName string

@minLength(1)
@description('Name of the storage account of the Functions host.')
param hostAccountName string

@minLength(1)
@description('Name of the storage account of uploads and reports.')
param reportAccountName string

var allLogs = [
  {
    categoryGroup: 'allLogs'
    enabled: true
  }
]
var allMetrics = [
  {
    category: 'AllMetrics'
    enabled: true
  }
]
// Who did what to data; reading and writing of every blob by the product itself is in its own logs.
var auditLogs = [
  {
    categoryGroup: 'audit'
    enabled: true
  }
]

resource functionApp 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

resource environment 'Microsoft.App/managedEnvironments@2026-01-01' existing = {
  name: environmentName
}

resource databaseServer 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = {
  name: databaseServerName
}

resource cache 'Microsoft.Cache/redisEnterprise@2025-07-01' existing = {
  name: cacheName

  resource database 'databases' existing = {
    name: 'default'
  }
}

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: registryName
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: hostAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'
  }
}

resource reportAccount 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: reportAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'
  }

  resource queues 'queueServices' existing = {
    name: 'default'
  }
}

// The host's logs come by Application Insights already; twice would cost twice.
resource ofFunctionApp 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: functionApp
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    metrics: allMetrics
  }
}

resource ofEnvironment 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: environment
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    // Tables of their own, by column, rather than one table for all of Azure.
    logAnalyticsDestinationType: 'Dedicated'
    logs: allLogs
    metrics: allMetrics
  }
}

resource ofDatabaseServer 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: databaseServer
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: allLogs
    metrics: allMetrics
  }
}

resource ofCache 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: cache
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    metrics: allMetrics
  }
}

resource ofCacheDatabase 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: cache::database
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: allLogs
  }
}

resource ofVault 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: allLogs
    metrics: allMetrics
  }
}

resource ofRegistry 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: registry
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: allLogs
    metrics: allMetrics
  }
}

resource ofHostBlobs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: hostAccount::blobs
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: auditLogs
  }
}

resource ofReportBlobs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: reportAccount::blobs
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: auditLogs
    metrics: allMetrics
  }
}

resource ofReportQueues 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: reportAccount::queues
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: auditLogs
  }
}
