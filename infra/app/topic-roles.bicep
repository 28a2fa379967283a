// What the topic's identity may do: send to the one queue, and keep what can't be delivered.
param principalId string
param hostName string

var queueDataMessageSender = 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource host 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource deadLetters 'containers' existing = {
      name: 'rotunda-dead-letters'
    }
  }

  resource queues 'queueServices' existing = {
    name: 'default'

    resource events 'queues' existing = {
      name: 'rotunda-vault-events'
    }
  }
}

resource onQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(host::queues::events.id, principalId, queueDataMessageSender)
  scope: host::queues::events
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataMessageSender)
  }
}

resource onDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(host::blobs::deadLetters.id, principalId, blobDataContributor)
  scope: host::blobs::deadLetters
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
  }
}
