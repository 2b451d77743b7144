targetScope = 'subscription'

metadata name = 'Azure Lighthouse delegation for Azure Advisor Reports'
metadata description = 'For a customer to deploy in each subscription that is to be reported on: delegates reading to a group of the provider, without any account or secret on either side.'

@minLength(36)
@maxLength(36)
@description('Id of the provider\'s directory (tenant).')
param providerTenantId string

@minLength(36)
@maxLength(36)
@description('Object id, in the provider\'s directory, of the group or service principal that reads.')
param readerPrincipalId string

@minLength(1)
@maxLength(80)
@description('What your directory shows for it.')
param readerDisplayName string = 'Azure Advisor Reports'

// Lighthouse takes built-in roles only. Reader is the least that covers Advisor and Resource Graph: it reads what resources are,
// not what they hold, and no keys. Where that is too much, use readerRole.bicep.
// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var readerRole = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'

// What is delegated, and to whom. Names are ids; made of what a delegation is about, so that deploying again changes it.
// https://learn.microsoft.com/azure/templates/microsoft.managedservices/registrationdefinitions
resource definition 'Microsoft.ManagedServices/registrationDefinitions@2022-10-01' = {
  name: guid(subscription().id, providerTenantId, readerPrincipalId)
  properties: {
    registrationDefinitionName: readerDisplayName
    description: 'Reads Azure Advisor recommendations for reports. Changes nothing.'
    managedByTenantId: providerTenantId
    authorizations: [
      {
        principalId: readerPrincipalId
        principalIdDisplayName: readerDisplayName
        roleDefinitionId: readerRole
      }
    ]
  }
}

// That it holds for this subscription.
resource assignment 'Microsoft.ManagedServices/registrationAssignments@2022-10-01' = {
  name: guid(definition.id)
  properties: {
    registrationDefinitionId: definition.id
  }
}

@description('Id of the delegation; remove it to end all access at once.')
output delegationId string = assignment.id
