targetScope = 'subscription'

metadata name = 'Reader role for Azure Advisor Reports'
metadata description = 'For a customer to deploy in each subscription that is to be reported on: a role that reads recommendations and nothing else, for one service principal.'

@minLength(36)
@maxLength(36)
@description('Object id, in your directory, of the service principal that reads recommendations.')
param principalId string

@minLength(1)
@maxLength(100)
@description('Name of the role, unique in your directory.')
param roleName string = 'Azure Advisor Reports Reader'

@description('Whether the service may ask Advisor to look anew (generateRecommendations). It changes no resource.')
param mayRefresh bool = false

var reads = [
  // What Advisor says: recommendations, suppressions, configurations, score, metadata.
  'Microsoft.Advisor/*/read'
  // Names of the subscription and of its resource groups.
  'Microsoft.Resources/subscriptions/read'
  'Microsoft.Resources/subscriptions/resourceGroups/read'
  // Asking Resource Graph, which shows only what the other lines allow.
  'Microsoft.ResourceGraph/resources/read'
]
var refreshes = [
  'Microsoft.Advisor/generateRecommendations/action'
]

resource reader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, roleName)
  properties: {
    roleName: roleName
    description: 'Reads what Azure Advisor recommends. Reads no data, no keys and no configuration of resources.'
    type: 'CustomRole'
    assignableScopes: [
      subscription().id
    ]
    permissions: [
      {
        actions: mayRefresh ? concat(reads, refreshes) : reads
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, reader.id)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: reader.id
    description: 'Azure Advisor Reports reads recommendations.'
  }
}

@description('Id of the role.')
output roleDefinitionId string = reader.id
