// What the app may do in the vault, and in no other. With a list of secrets it can use these alone:
// for the vault as a whole it has a role that reads names and tags, and no value.
param vaultName string
param principalId string
@allowed(['rotate', 'read'])
param access string
@description('Names of the only secrets that the app may use. They must exist. Empty: all.')
param secrets array = []

var secretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var reader = '21090545-7ca7-4776-b22c-e363652d74d2' // lists, and never reads a value
var role = access == 'rotate' ? secretsOfficer : secretsUser
var vaultRole = empty(secrets) ? role : reader

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, vaultRole)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', vaultRole)
  }
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' existing = [
  for name in secrets: {
    parent: vault
    name: name
  }
]

resource onSecret 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in secrets: {
    name: guid(vault.id, name, principalId, role)
    scope: secret[i]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]
