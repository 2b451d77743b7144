metadata description = 'The container registry of the worker image.'

@minLength(1)
@description('Where the registry is.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(5)
@maxLength(50)
@description('Name of the registry.')
param registryName string

@allowed([
  'Basic'
  'Standard'
  'Premium'
])
@description('Class of the registry; a private endpoint needs Premium.')
param skuName string

@description('Whether the registry is also reached by a private endpoint, and from outside by operatorAddresses only.')
param privateNetworking bool

@maxLength(20)
@description('Address ranges (CIDR) from which operators push images.')
param operatorRanges array

var isPremium = privateNetworking || skuName == 'Premium'

var rules = [
  for range in operatorRanges: {
    action: 'Allow'
    value: range
  }
]

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  // checkov:skip=CKV_AZURE_139: Closed by privateNetworking; otherwise identities alone push and pull
  // checkov:skip=CKV_AZURE_163: Scanning is Defender for Cloud's, which the owner of the subscription turns on
  // checkov:skip=CKV_AZURE_166: Quarantine needs a scanner of the owner's that releases images
  // checkov:skip=CKV_AZURE_233: Zone redundancy comes with Premium, by the line below
  name: registryName
  location: location
  tags: tags
  sku: {
    name: isPremium ? 'Premium' : skuName
  }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    publicNetworkAccess: privateNetworking && empty(operatorRanges) ? 'Disabled' : 'Enabled'
    // Builds of the registry itself (remote build) come through although its network is closed.
    networkRuleBypassOptions: 'AzureServices'
    networkRuleBypassAllowedForTasks: isPremium
    networkRuleSet: isPremium ? {
      defaultAction: privateNetworking ? 'Deny' : 'Allow'
      ipRules: rules
    } : null
    policies: {
      // Container Apps pull by identity with a token for all of Azure's management; refused, no worker would ever start.
      azureADAuthenticationAsArmPolicy: {
        status: 'enabled'
      }
      retentionPolicy: {
        status: isPremium ? 'enabled' : 'disabled'
        days: 30
      }
    }
    zoneRedundancy: isPremium ? 'Enabled' : 'Disabled'
  }
}

@description('Name of the registry.')
output registryName string = registry.name

@description('Id of the registry.')
output registryId string = registry.id

@description('Host name of the registry.')
output loginServer string = registry.properties.loginServer
