metadata description = 'The Container Apps environment in which workers and the migration job run.'

@minLength(1)
@description('Where the environment is.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(1)
@description('Name of the environment.')
param environmentName string

@maxLength(1000)
@description('Id of the subnet of the workers; empty: no private network.')
param subnetId string

@description('Whether replicas are spread over zones; only inside the private network.')
param zoneRedundant bool

resource environment 'Microsoft.App/managedEnvironments@2026-01-01' = {
  name: environmentName
  location: location
  tags: tags
  properties: {
    // Through a diagnostic setting rather than with the key of the log workspace.
    appLogsConfiguration: {
      destination: 'azure-monitor'
    }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
    vnetConfiguration: empty(subnetId) ? null : {
      infrastructureSubnetId: subnetId
      internal: true
    }
    publicNetworkAccess: empty(subnetId) ? 'Enabled' : 'Disabled'
    zoneRedundant: zoneRedundant && !empty(subnetId)
    peerTrafficConfiguration: {
      encryption: {
        enabled: true
      }
    }
  }
}

@description('Id of the environment.')
output environmentId string = environment.id

@description('Name of the environment.')
output environmentName string = environment.name
