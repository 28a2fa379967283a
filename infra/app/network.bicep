// A network in which the app reaches its storage accounts and a new vault. The app itself stays
// public, so that azd can deploy from outside.
param name string
param endpointPrefix string
param location string
param tags object
param hostName string
param recordsName string
@description('Empty for an existing vault, whose endpoint you make yourself.')
param vaultName string

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.117.0.0/24'] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.117.0.0/26'
          delegations: [
            {
              name: 'flex'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '10.117.0.64/26'
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }

  resource appSubnet 'subnets' existing = {
    name: 'app'
  }

  resource endpointSubnet 'subnets' existing = {
    name: 'endpoints'
  }
}

resource host 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostName
}

resource records 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: recordsName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = if (!empty(vaultName)) {
  name: empty(vaultName) ? 'none' : vaultName
}

var vaultZone = 'privatelink.vaultcore.azure.net'
var storageEndpoints = [
  { name: 'host-blob', target: host.id, group: 'blob', zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { name: 'host-queue', target: host.id, group: 'queue', zone: 'privatelink.queue.${environment().suffixes.storage}' }
  { name: 'host-table', target: host.id, group: 'table', zone: 'privatelink.table.${environment().suffixes.storage}' }
  { name: 'records-blob', target: records.id, group: 'blob', zone: 'privatelink.blob.${environment().suffixes.storage}' }
]
var vaultEndpoints = empty(vaultName)
  ? []
  : [{ name: 'vault', target: vault.id, group: 'vault', zone: vaultZone }]
var endpoints = concat(storageEndpoints, vaultEndpoints)
// Without an endpoint of its own, a vault is not found through an empty zone.
var zones = concat(
  [
    'privatelink.blob.${environment().suffixes.storage}'
    'privatelink.queue.${environment().suffixes.storage}'
    'privatelink.table.${environment().suffixes.storage}'
  ],
  empty(vaultName) ? [] : [vaultZone]
)

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zoneName in zones: {
    name: zoneName
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zoneName, i) in zones: {
    parent: zone[i]
    name: name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for e in endpoints: {
    name: '${endpointPrefix}${e.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: network::endpointSubnet.id }
      privateLinkServiceConnections: [
        {
          name: e.name
          properties: {
            privateLinkServiceId: e.target
            groupIds: [e.group]
          }
        }
      ]
    }
  }
]

resource record 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (e, i) in endpoints: {
    parent: endpoint[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: e.name
          properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', e.zone) }
        }
      ]
    }
    dependsOn: [zone]
  }
]

output appSubnetId string = network::appSubnet.id
