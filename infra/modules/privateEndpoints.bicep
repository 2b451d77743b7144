metadata description = 'Private endpoints and the DNS zones by which the network finds them.'

@description('Where the endpoints are.')
param location string

@description('Tags of every resource.')
param tags object

@description('Beginning of the names of the endpoints.')
param namePrefix string

@description('Id of the network that resolves the names.')
param networkId string

@description('Id of the subnet that holds the endpoints.')
param subnetId string

@maxLength(10)
@description('What is reached: name, resource id, sub-resource (group), DNS zone.')
param services array

@description('Names of the DNS zones, each once.')
param zones array

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in zones: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, index) in zones: {
    parent: zone[index]
    name: 'network'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: networkId
      }
    }
  }
]

resource endpoint 'Microsoft.Network/privateEndpoints@2025-09-01' = [
  for service in services: {
    name: '${namePrefix}${service.name}'
    location: location
    tags: tags
    properties: {
      subnet: {
        id: subnetId
      }
      privateLinkServiceConnections: [
        {
          name: service.name
          properties: {
            privateLinkServiceId: service.id
            groupIds: [
              service.group
            ]
          }
        }
      ]
    }
  }
]

resource zoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-09-01' = [
  for (service, index) in services: {
    parent: endpoint[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: service.name
          properties: {
            privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', service.zone)
          }
        }
      ]
    }
    dependsOn: [
      zone
    ]
  }
]
