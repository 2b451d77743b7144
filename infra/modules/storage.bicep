metadata description = 'Two storage accounts: one for the Functions host and its packages, one for uploads, reports and wake queues.'

@minLength(1)
@description('Where the accounts are.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(3)
@maxLength(24)
@description('Name of the account of the Functions host.')
param hostAccountName string

@minLength(3)
@maxLength(24)
@description('Name of the account of uploads and reports.')
param reportAccountName string

@minLength(1)
@description('Redundancy of both accounts: a front that is spread over zones needs its packages in all of them.')
param sku string

@minLength(1)
@description('Name of the container of uploads and reports.')
param reportContainerName string

@minLength(1)
@description('Name of the container of the front\'s packages.')
param packageContainerName string

@minLength(1)
@maxLength(10)
@description('Names of the queues by which workers are woken.')
param wakeQueueNames array

@minValue(1)
@maxValue(365)
@description('How many days what was deleted or replaced can be brought back.')
param softDeleteDays int

@description('Whether the accounts answer only inside the private network.')
param privateNetworking bool

var publicAccess = privateNetworking ? 'Disabled' : 'Enabled'
var networkRules = {
  // Without the private network there is no address range to let in: front and workers have none of their own. Who is let
  // in is decided by identity alone; there is no key and no anonymous access.
  defaultAction: privateNetworking ? 'Deny' : 'Allow'
  bypass: 'None'
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2026-04-01' = {
  // checkov:skip=CKV_AZURE_206: Redundancy is chosen by tier, zone-redundant in production
  // checkov:skip=CKV_AZURE_43: Names are a prefix and uniqueString(), bounded where they come in
  // checkov:skip=CKV_AZURE_59: Public access is decided by privateNetworking; identities alone open it
  // checkov:skip=CKV_AZURE_35: As above
  name: hostAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicAccess
    networkAcls: networkRules
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: {
        enabled: true
        days: 7
      }
      containerDeleteRetentionPolicy: {
        enabled: true
        days: 7
      }
    }

    resource packages 'containers' = {
      name: packageContainerName
      properties: {
        publicAccess: 'None'
      }
    }
  }
}

resource reportAccount 'Microsoft.Storage/storageAccounts@2026-04-01' = {
  // checkov:skip=CKV_AZURE_206: Redundancy is chosen by tier, zone-redundant in production
  // checkov:skip=CKV_AZURE_43: Names are a prefix and uniqueString(), bounded where they come in
  // checkov:skip=CKV_AZURE_59: Public access is decided by privateNetworking; identities alone open it
  // checkov:skip=CKV_AZURE_35: As above
  name: reportAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicAccess
    networkAcls: networkRules
    // Links live for minutes (uploads an hour); a longer one is noted by the platform.
    sasPolicy: {
      sasExpirationPeriod: '1.00:00:00'
      expirationAction: 'Log'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      isVersioningEnabled: true
      deleteRetentionPolicy: {
        enabled: true
        days: softDeleteDays
      }
      containerDeleteRetentionPolicy: {
        enabled: true
        days: softDeleteDays
      }
    }

    resource reports 'containers' = {
      name: reportContainerName
      properties: {
        publicAccess: 'None'
      }
    }
  }

  resource queues 'queueServices' = {
    name: 'default'
  }

  // Reports are removed by the product, which knows which rows point to them. Here they only become cheaper with age, in
  // tiers that still answer at once, and what was replaced or deleted goes for good.
  resource lifecycle 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'older-is-cheaper'
            enabled: true
            type: 'Lifecycle'
            definition: {
              filters: {
                blobTypes: [
                  'blockBlob'
                ]
                prefixMatch: [
                  '${reportContainerName}/'
                ]
              }
              actions: {
                baseBlob: {
                  tierToCool: {
                    daysAfterModificationGreaterThan: 30
                  }
                  tierToCold: {
                    daysAfterModificationGreaterThan: 180
                  }
                }
                version: {
                  delete: {
                    daysAfterCreationGreaterThan: softDeleteDays
                  }
                }
                snapshot: {
                  delete: {
                    daysAfterCreationGreaterThan: softDeleteDays
                  }
                }
              }
            }
          }
        ]
      }
    }
    dependsOn: [
      blobs
    ]
  }
}

resource wakeQueue 'Microsoft.Storage/storageAccounts/queueServices/queues@2026-04-01' = [
  for name in wakeQueueNames: {
    parent: reportAccount::queues
    name: name
  }
]

@description('Name of the account of the Functions host.')
output hostAccountName string = hostAccount.name

@description('Id of the account of the Functions host.')
output hostAccountId string = hostAccount.id

@description('Blob endpoint of the account of the Functions host.')
output hostBlobUrl string = hostAccount.properties.primaryEndpoints.blob

@description('Name of the account of uploads and reports.')
output reportAccountName string = reportAccount.name

@description('Id of the account of uploads and reports.')
output reportAccountId string = reportAccount.id

@description('Blob endpoint of uploads and reports.')
output reportBlobUrl string = reportAccount.properties.primaryEndpoints.blob

@description('Queue endpoint by which workers are woken.')
output wakeQueueUrl string = reportAccount.properties.primaryEndpoints.queue
