// Two storage accounts. The host's has the deployment package, the host's own blobs, the queues and
// the events that could not be delivered. The records' has the locks of rotations and the audit,
// which only the app itself may write. Neither accepts keys.
param hostName string
param recordsName string
param location string
param tags object
param privateNetwork bool
param keepsAudit bool
param auditDays int
param auditLocked bool

// The names are those that function.json and the app expect.
var queueNames = [
  'rotunda-vault-events'
  'rotunda-vault-events-poison'
  'rotunda-due-secrets'
  'rotunda-due-secrets-poison'
]

// Event Grid reaches the queue past the firewall as a trusted service, which needs public access to
// be on with everybody else denied.
resource host 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: hostName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource packages 'containers' = {
      name: 'app-package'
    }

    resource deadLetters 'containers' = {
      name: 'rotunda-dead-letters'
    }
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource queue 'queues' = [
      for name in queueNames: {
        name: name
      }
    ]
  }
}

resource records 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: recordsName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource locks 'containers' = {
      name: 'rotunda'
    }

    resource audit 'containers' = if (keepsAudit) {
      name: 'rotunda-audit'

      // Blocks may be appended, and nothing else. To lock the policy is a step of its own, after which
      // it can only be extended (hashicorp/terraform-provider-azurerm#28661).
      resource policy 'immutabilityPolicies' = if (!auditLocked) {
        name: 'default'
        properties: {
          immutabilityPeriodSinceCreationInDays: auditDays
          allowProtectedAppendWrites: true
        }
      }
    }
  }
}

output hostName string = host.name
output hostId string = host.id
output recordsName string = records.name
