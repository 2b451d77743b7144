metadata description = 'The private network: one subnet each for the front, the workers and the private endpoints.'

@minLength(1)
@description('Where the network is.')
param location string

@description('Tags of every resource.')
param tags object

@minLength(1)
@description('Name of the network.')
param networkName string

@minLength(1)
@description('Beginning of the names of the network security groups.')
param securityGroupPrefix string

@minLength(1)
@description('Address range of the network, which overlaps with no network it will be peered with.')
param addressPrefix string

@minLength(1)
@description('Address range of the subnet of the front, a /27 or larger.')
param frontPrefix string

@minLength(1)
@description('Address range of the subnet of the workers, a /27 or larger.')
param workersPrefix string

@minLength(1)
@description('Address range of the subnet of the private endpoints, a /28 or larger.')
param endpointsPrefix string

// Front and workers answer nobody here: the front is reached through the platform, workers are not reached at all.
resource closed 'Microsoft.Network/networkSecurityGroups@2025-09-01' = {
  name: '${securityGroupPrefix}processes-${networkName}'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'deny-inbound-from-internet'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

// Private endpoints answer the network's own processes, on the ports of their services.
resource endpointsOnly 'Microsoft.Network/networkSecurityGroups@2025-09-01' = {
  name: '${securityGroupPrefix}endpoints-${networkName}'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'allow-inbound-from-network'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: 'VirtualNetwork'
          destinationPortRanges: [
            '443'
            '5432'
            '10000'
          ]
        }
      }
      {
        name: 'deny-inbound'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2025-09-01' = {
  name: networkName
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressPrefix
      ]
    }
    subnets: [
      {
        // Flex Consumption and Container Apps delegate to the same service, yet each needs a subnet of its own.
        name: 'front'
        properties: {
          addressPrefix: frontPrefix
          networkSecurityGroup: {
            id: closed.id
          }
          delegations: [
            {
              name: 'functions'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'workers'
        properties: {
          addressPrefix: workersPrefix
          networkSecurityGroup: {
            id: closed.id
          }
          delegations: [
            {
              name: 'containers'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointsPrefix
          privateEndpointNetworkPolicies: 'Enabled'
          networkSecurityGroup: {
            id: endpointsOnly.id
          }
        }
      }
    ]
  }

  resource front 'subnets' existing = {
    name: 'front'
  }

  resource workers 'subnets' existing = {
    name: 'workers'
  }

  resource endpoints 'subnets' existing = {
    name: 'endpoints'
  }
}

@description('Id of the network.')
output networkId string = network.id

@description('Id of the subnet of the front.')
output frontSubnetId string = network::front.id

@description('Id of the subnet of the workers.')
output workersSubnetId string = network::workers.id

@description('Id of the subnet of the private endpoints.')
output endpointsSubnetId string = network::endpoints.id
