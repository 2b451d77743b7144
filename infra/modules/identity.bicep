metadata description = 'The identities of the processes. Each signs in as itself; none of them has a password, a key or a secret.'

@minLength(1)
@description('Where the identities are kept.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(1)
@description('Beginning of the names of the identities.')
param namePrefix string

@minLength(1)
@description('End of the names of the identities.')
param resourceToken string

// The HTTP front: it answers people, orders work and signs links.
resource front 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${namePrefix}front-${resourceToken}'
  location: location
  tags: tags
}

// The workers: they fetch, import, render and deliver.
resource worker 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${namePrefix}worker-${resourceToken}'
  location: location
  tags: tags
}

// The migration job: administrator of the database and nothing else, so that neither front nor worker has to be one.
resource migration 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${namePrefix}migration-${resourceToken}'
  location: location
  tags: tags
}

@description('The front: resource id, object id, client id and name.')
output front object = {
  id: front.id
  principalId: front.properties.principalId
  clientId: front.properties.clientId
  name: front.name
}

@description('The workers: resource id, object id, client id and name.')
output worker object = {
  id: worker.id
  principalId: worker.properties.principalId
  clientId: worker.properties.clientId
  name: worker.name
}

@description('The migration job: resource id, object id, client id and name.')
output migration object = {
  id: migration.id
  principalId: migration.properties.principalId
  clientId: migration.properties.clientId
  name: migration.name
}
