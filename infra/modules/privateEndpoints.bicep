metadata description = 'Private endpoints and the DNS zones by which the network finds them.'

@minLength(1)
@description('Where the endpoints are.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(1)
@description('Beginning of the names of the endpoints.')
param namePrefix string

@maxLength(1000)
@description('Id of the network that resolves the names.')
param networkId string

@maxLength(1000)
@description('Id of the subnet that holds the endpoints.')
param subnetId string

@minLength(1)
@description('Id of the storage account of the Functions host.')
param hostAccountId string

@minLength(1)
@description('Id of the storage account of uploads and reports.')
param reportAccountId string

@minLength(1)
@description('Id of the Key Vault.')
param vaultId string

@minLength(1)
@description('Id of the PostgreSQL server.')
param databaseServerId string

@minLength(1)
@description('Id of the cache.')
param cacheId string

@minLength(1)
@description('Id of the registry.')
param registryId string

@maxLength(1000)
@description('Id of the Functions app; empty: the internet reaches it, so it needs no endpoint.')
param functionAppId string

// The suffix of storage differs between clouds; the others have one name each in Azure's public cloud.
var blobZone = 'privatelink.blob.${environment().suffixes.storage}'
var queueZone = 'privatelink.queue.${environment().suffixes.storage}'
var vaultZone = 'privatelink.vaultcore.azure.net'
var databaseZone = 'privatelink.postgres.database.azure.com'
var cacheZone = 'privatelink.redis.azure.net'
var registryZone = 'privatelink.azurecr.io'
var sitesZone = 'privatelink.azurewebsites.net'

var alwaysZones = [
  blobZone
  queueZone
  vaultZone
  databaseZone
  cacheZone
  registryZone
]
// What is reached: the resource, its sub-resource (group), and the zone of its name.
var alwaysServices = [
  {
    name: 'host-blobs'
    id: hostAccountId
    group: 'blob'
    zone: blobZone
  }
  {
    name: 'report-blobs'
    id: reportAccountId
    group: 'blob'
    zone: blobZone
  }
  {
    name: 'wake-queues'
    id: reportAccountId
    group: 'queue'
    zone: queueZone
  }
  {
    name: 'vault'
    id: vaultId
    group: 'vault'
    zone: vaultZone
  }
  {
    name: 'database'
    id: databaseServerId
    group: 'postgresqlServer'
    zone: databaseZone
  }
  {
    name: 'cache'
    id: cacheId
    group: 'redisEnterprise'
    zone: cacheZone
  }
  {
    name: 'registry'
    id: registryId
    group: 'registry'
    zone: registryZone
  }
]
var zones = empty(functionAppId) ? alwaysZones : concat(alwaysZones, [
  sitesZone
])
var services = empty(functionAppId) ? alwaysServices : concat(alwaysServices, [
  {
    name: 'front'
    id: functionAppId
    group: 'sites'
    zone: sitesZone
  }
])

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
