// What the app needs at a vault that exists already: a role, and the vault's events. The hook after
// provisioning deploys it into the vault's resource group, apart from main.bicep, so that `azd down`
// does not delete that group.
@description('Name of the vault, in the resource group of this deployment.')
param vaultName string

@description('Region of the vault.')
param vaultLocation string

@description('Principal id of the app\'s identity.')
param principalId string

@allowed(['rotate', 'read'])
param vaultAccess string = 'rotate'

@description('Names of the only secrets that the app may use, separated by commas. Empty: all.')
param existingSecrets string = ''

@description('Resource group of the app.')
param appResourceGroup string

@description('The storage account of the app\'s host, which has the queue.')
param hostStorageName string

@description('Name of the vault\'s system topic, if it has one already. It needs a system-assigned identity. A vault can have one only.')
param existingTopicName string = ''

module role 'app/vault-role.bicep' = {
  name: 'rotunda-vault-role'
  params: {
    vaultName: vaultName
    principalId: principalId
    access: vaultAccess
    secrets: empty(existingSecrets) ? [] : split(existingSecrets, ',')
  }
}

module newTopic 'app/topic.bicep' = if (empty(existingTopicName)) {
  name: 'rotunda-topic'
  params: {
    name: 'evgst-${vaultName}'
    vaultName: vaultName
    location: vaultLocation
    tags: {}
  }
}

resource existingTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (!empty(existingTopicName)) {
  name: empty(existingTopicName) ? 'none' : existingTopicName
}

module topicRoles 'app/topic-roles.bicep' = {
  name: 'rotunda-topic-roles'
  scope: resourceGroup(appResourceGroup)
  params: {
    principalId: empty(existingTopicName) ? newTopic!.outputs.principalId : existingTopic!.identity.principalId
    hostName: hostStorageName
  }
}

module subscription 'app/subscription.bicep' = {
  name: 'rotunda-subscription'
  params: {
    name: 'rotunda-${hostStorageName}'
    topicName: empty(existingTopicName) ? newTopic!.outputs.name : existingTopicName
    hostId: resourceId(appResourceGroup, 'Microsoft.Storage/storageAccounts', hostStorageName)
  }
  dependsOn: [topicRoles]
}
