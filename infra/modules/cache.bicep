metadata description = 'Azure Managed Redis, the broker: it carries ids of jobs and may lose them.'

@minLength(1)
@description('Where the cache is.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(1)
@description('Name of the cache.')
param cacheName string

@minLength(1)
@description('Size, such as Balanced_B0. Up to 25 GB: one shard holds all keys.')
param skuName string

@description('Whether a replica takes over when a node fails.')
param highAvailability bool

@description('Whether the cache answers only inside the private network.')
param privateNetworking bool

@minLength(1)
@maxLength(10)
@description('Who may use the cache: name (letters and digits) and object id of each identity.')
param users array

resource cache 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: cacheName
  location: location
  tags: tags
  sku: {
    name: skuName
  }
  properties: {
    minimumTlsVersion: '1.2'
    highAvailability: highAvailability ? 'Enabled' : 'Disabled'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
  }
}

resource database 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: cache
  name: 'default'
  properties: {
    clientProtocol: 'Encrypted'
    port: 10000
    // Celery changes several keys in one transaction, which policies with shards refuse.
    clusteringPolicy: 'NoCluster'
    // A full broker must say so rather than forget messages.
    evictionPolicy: 'NoEviction'
    accessKeysAuthentication: 'Disabled'
  }
}

@batchSize(1)
resource access 'Microsoft.Cache/redisEnterprise/databases/accessPolicyAssignments@2025-07-01' = [
  for user in users: {
    parent: database
    name: user.name
    properties: {
      accessPolicyName: 'default'
      user: {
        objectId: user.objectId
      }
    }
  }
]

@description('Name of the cache.')
output cacheName string = cache.name

@description('Id of the cache.')
output cacheId string = cache.id

@description('Address of the broker, without anything secret.')
output url string = 'rediss://${cache.properties.hostName}:${database.properties.port}/0'
