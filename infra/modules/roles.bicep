metadata description = 'Every role of every identity, with the reason. What is not here is not allowed.'

@minLength(1)
@description('Object id of the front\'s identity.')
param frontPrincipalId string

@minLength(1)
@description('Object id of the workers\' identity.')
param workerPrincipalId string

@minLength(1)
@description('Object id of the migration job\'s identity.')
param migrationPrincipalId string

@minLength(1)
@description('Name of the storage account of the Functions host.')
param hostAccountName string

@minLength(1)
@description('Name of the storage account of uploads and reports.')
param reportAccountName string

@minLength(1)
@description('Name of the container of uploads and reports.')
param reportContainerName string

@minLength(1)
@maxLength(10)
@description('Names of the queues by which workers are woken.')
param wakeQueueNames array

@minLength(1)
@description('Name of the Key Vault.')
param vaultName string

@minLength(1)
@description('Name of the Application Insights component.')
param componentName string

@minLength(1)
@description('Name of the registry.')
param registryName string

// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var roles = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageBlobDelegator: 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: hostAccountName
}

resource reportAccount 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: reportAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource reports 'containers' existing = {
      name: reportContainerName
    }
  }

  resource queues 'queueServices' existing = {
    name: 'default'
  }
}

resource wakeQueue 'Microsoft.Storage/storageAccounts/queueServices/queues@2026-04-01' existing = [
  for name in wakeQueueNames: {
    parent: reportAccount::queues
    name: name
  }
]

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: registryName
}

// Front: the Functions host keeps packages, leases and timers in an account of its own, and owns what it keeps there.
resource frontOwnsHostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hostAccount
  name: guid(hostAccount.id, frontPrincipalId, roles.storageBlobDataOwner)
  properties: {
    principalId: frontPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataOwner)
  }
}

// Front: takes uploads and removes expired ones, in the one container.
resource frontWritesReports 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: reportAccount::blobs::reports
  name: guid(reportAccount::blobs::reports.id, frontPrincipalId, roles.storageBlobDataContributor)
  properties: {
    principalId: frontPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

// Front: signs short-lived links; asking for the key to do so is a right of the whole account, the links open single blobs.
resource frontSignsLinks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: reportAccount
  name: guid(reportAccount.id, frontPrincipalId, roles.storageBlobDelegator)
  properties: {
    principalId: frontPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDelegator)
  }
}

// Front: wakes workers, and lets them sleep, by these queues only.
resource frontWakesWorkers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in wakeQueueNames: {
    scope: wakeQueue[index]
    name: guid(reportAccount.id, name, frontPrincipalId, roles.storageQueueDataContributor)
    properties: {
      principalId: frontPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageQueueDataContributor)
    }
  }
]

// Front: writes the secrets of customers' connections as they are given, and removes them.
resource frontWritesSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, frontPrincipalId, roles.keyVaultSecretsOfficer)
  properties: {
    principalId: frontPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
  }
}

// Front: sends telemetry; the component accepts no key.
resource frontSendsTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: component
  name: guid(component.id, frontPrincipalId, roles.monitoringMetricsPublisher)
  properties: {
    principalId: frontPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringMetricsPublisher)
  }
}

// Workers: read uploads, write report files, remove what no report owns any more.
resource workerWritesReports 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: reportAccount::blobs::reports
  name: guid(reportAccount::blobs::reports.id, workerPrincipalId, roles.storageBlobDataContributor)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

// Workers: sign links in what they deliver, and in the doctor's probe of them.
resource workerSignsLinks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: reportAccount
  name: guid(reportAccount.id, workerPrincipalId, roles.storageBlobDelegator)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDelegator)
  }
}

// Workers: wake each other, sleep when work is done; the platform reads the queues' lengths as this identity, too.
resource workerWakesWorkers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in wakeQueueNames: {
    scope: wakeQueue[index]
    name: guid(reportAccount.id, name, workerPrincipalId, roles.storageQueueDataContributor)
    properties: {
      principalId: workerPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageQueueDataContributor)
    }
  }
]

// Workers: read the secrets of customers' connections to sign in there; upkeep, which they share with the front, removes old ones.
resource workerKeepsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, workerPrincipalId, roles.keyVaultSecretsOfficer)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
  }
}

// Workers: send telemetry; the component accepts no key.
resource workerSendsTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: component
  name: guid(component.id, workerPrincipalId, roles.monitoringMetricsPublisher)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringMetricsPublisher)
  }
}

// Workers: pull their image.
resource workerPullsImage 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, workerPrincipalId, roles.acrPull)
  properties: {
    principalId: workerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.acrPull)
  }
}

// Migration job: pulls the same image. Its rights in the database are not a role of Azure; see modules/database.bicep.
resource migrationPullsImage 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, migrationPrincipalId, roles.acrPull)
  properties: {
    principalId: migrationPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.acrPull)
  }
}
