// What the app's identity may do, besides the vault: each role at the narrowest scope that works.
param principalId string
param hostName string
param recordsName string
param componentName string
param keepsAudit bool
param auditRoleName string

var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource host 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostName
}

resource records 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: recordsName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource locks 'containers' existing = {
      name: 'rotunda'
    }

    resource audit 'containers' existing = {
      name: 'rotunda-audit'
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

// The Functions host keeps its keys, its leases and the package in the account, in containers that it
// creates itself.
var hostRoles = [
  blobDataOwner
  queueDataContributor
  tableDataContributor
]

resource onHost 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in hostRoles: {
    name: guid(host.id, principalId, role)
    scope: host
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

resource onLocks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(records::blobs::locks.id, principalId, blobDataContributor)
  scope: records::blobs::locks
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
  }
}

// No built-in role can add to a blob without being able to overwrite and delete it.
resource auditWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (keepsAudit) {
  name: guid(resourceGroup().id, auditRoleName)
  properties: {
    roleName: auditRoleName
    description: 'Adds to append blobs, and can neither overwrite nor delete.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
        ]
        notDataActions: []
      }
    ]
  }
}

resource onAudit 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (keepsAudit) {
  name: guid(records::blobs::audit.id, principalId, auditRoleName)
  scope: records::blobs::audit
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: auditWriter.id
  }
}

resource onComponent 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, principalId, monitoringMetricsPublisher)
  scope: component
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
  }
}

// Also without an audit: an earlier deployment may have made the role.
output auditRoleId string = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', guid(resourceGroup().id, auditRoleName))
