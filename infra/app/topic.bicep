// The source of the vault's events. A vault can have one system topic, in its own region.
param name string
param vaultName string
@description('The region of the vault.')
param location string
param tags object

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: vault.id
    topicType: 'Microsoft.KeyVault.vaults'
  }
}

output name string = topic.name
output principalId string = topic.identity.principalId
