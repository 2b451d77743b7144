metadata description = 'The front: a Functions app of the Flex Consumption plan, one app a plan.'

@minLength(1)
@description('Where the app is.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(1)
@description('Name of the plan.')
param planName string

@minLength(1)
@description('Name of the app.')
param appName string

@maxLength(1000)
@description('Name of the app in azure.yaml.')
param serviceName string

@description('Identity of the front: id, client id.')
param identity object

@minLength(1)
@description('Blob endpoint of the account of the Functions host.')
param hostBlobUrl string

@minLength(1)
@description('Name of the container of packages.')
param packageContainerName string

@description('Application settings of the product.')
param settings object

@allowed([
  '3.11'
  '3.12'
])
@description('Version of Python.')
param pythonVersion string

@allowed([
  512
  2048
  4096
])
@description('Memory of an instance in megabytes; billing is by memory and time.')
param instanceMemoryMb int

@minValue(40)
@maxValue(1000)
@description('Most instances; the platform takes no less than 40.')
param maximumInstances int

@minValue(0)
@maxValue(20)
@description('Instances that are always ready to answer; 0: the first request after a pause waits some ten seconds.')
param alwaysReadyInstances int

@minValue(1)
@maxValue(1000)
@description('Requests that one instance works on at once. The platform\'s own choice for Python would be 1.')
param requestsPerInstance int

@description('Whether instances are spread over zones. The platform then keeps two ready for each kind of trigger, and charges for them.')
param zoneRedundant bool

@maxLength(1000)
@description('Id of the subnet of the front; empty: no private network.')
param subnetId string

@description('Whether the internet reaches the HTTP API.')
param isPublic bool

var hostSettings = {
  // The host signs in by identity for leases, keys and timers; HTTP and timers need blobs only.
  AzureWebJobsStorage__blobServiceUri: hostBlobUrl
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.clientId
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD'
  AzureWebJobsDisableHomepage: 'true'
}

var appSettings = [
  for setting in items(union(hostSettings, settings)): {
    name: setting.key
    value: setting.value
  }
]

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  // checkov:skip=CKV_AZURE_212: Instances come and go with the load; the plan has no count of its own
  // checkov:skip=CKV_AZURE_225: Spread over zones by tier
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  // checkov:skip=CKV_AZURE_78: The plan has no FTP, and publishing passwords are off below
  // checkov:skip=CKV_AZURE_212: Instances come and go with the load; the plan has no count of its own
  // checkov:skip=CKV_AZURE_213: The plan has no health check of its own; modules/alerts.bicep asks from outside
  // checkov:skip=CKV_AZURE_17: Callers show API keys; client certificates would lock out browsers
  // checkov:skip=CKV_AZURE_222: The HTTP API is the product's public side; publicFront closes it
  name: appName
  location: location
  tags: union(tags, {
    'azd-service-name': serviceName
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: isPublic ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    keyVaultReferenceIdentity: identity.id
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostBlobUrl}${packageContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'python'
        version: pythonVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMb
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyInstances == 0 ? [] : [
          {
            name: 'http'
            instanceCount: alwaysReadyInstances
          }
        ]
        triggers: {
          http: {
            perInstanceConcurrency: requestsPerInstance
          }
        }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      appSettings: appSettings
    }
  }

  // Deployments sign in by Entra; publishing passwords open nothing.
  resource noFtpPassword 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource noScmPassword 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
    dependsOn: [
      noFtpPassword
    ]
  }
}

@description('Name of the app.')
output appName string = app.name

@description('Id of the app.')
output appId string = app.id

@description('Host name of the HTTP API.')
output host string = app.properties.defaultHostName
