metadata description = 'Key Vault: the secrets of customers\' connections. The product itself has none.'

@minLength(1)
@description('Where the vault is.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(3)
@maxLength(24)
@description('Name of the vault.')
param vaultName string

@minValue(7)
@maxValue(90)
@description('How many days what was deleted can be brought back; decided as the vault is made.')
param softDeleteDays int

@allowed([
  'Enabled'
  'Disabled'
])
@description('Whether the vault answers outside the private network.')
param publicNetworkAccess string

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  // checkov:skip=CKV_AZURE_109: The network is closed by privateNetworking; otherwise identities alone open the vault
  // checkov:skip=CKV_AZURE_189: As above
  name: vaultName
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    // By roles, never by access policies.
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: softDeleteDays
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      bypass: 'None'
      defaultAction: publicNetworkAccess == 'Disabled' ? 'Deny' : 'Allow'
    }
  }
}

@description('Name of the vault.')
output vaultName string = vault.name

@description('Id of the vault.')
output vaultId string = vault.id

@description('Address of the vault.')
output url string = vault.properties.vaultUri
