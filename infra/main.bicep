// Everything that Rotunda needs in Azure. `azd up` deploys it; docs/deploy.md explains it.
//
// Nothing here is deployed into a resource group that this file does not create: `azd down` deletes
// each group that the deployment touched, whole (Azure/azure-dev#2916). What an existing vault needs
// is in existing-vault.bicep, which a hook deploys.
targetScope = 'subscription'

@description('Name of the azd environment, from which the names of all resources follow.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of all resources. Flex Consumption is not in every region: az functionapp list-flexconsumption-locations.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('Name of an existing vault. Empty: a new one.')
param existingVaultName string = ''

@description('Recover the vault of an earlier deployment, which azd down left soft-deleted.')
param recoverVault bool = false

@description('What the app may do in the vault: rotate (Key Vault Secrets Officer) or read (Key Vault Secrets User).')
@allowed(['rotate', 'read'])
param vaultAccess string = 'rotate'

@description('How callers sign in: by function keys, or by tokens and the rules in access.json.')
@allowed(['keys', 'tokens'])
param signIn string = 'keys'

@description('With tokens: the Application ID URI of the app registration.')
param signInAudience string = ''

@description('With tokens: the client id of the app registration, if it asks for v2 tokens.')
param signInClientId string = ''

@description('With tokens: the ids of the tenants whose callers may sign in, separated by commas. Empty: the tenant of the deployment.')
param signInTenants string = ''

@description('Reach vault and storage by private endpoints, with no public access to vault, locks and audit.')
param privateNetwork bool = false

@description('The host name of your own at which callers reach the app, such as rotunda.contoso.com. A hook binds it.')
param customDomain string = ''

@description('The address at which callers reach the app, if a gateway is in front of it.')
param publicUrl string = ''

@description('The servers that rotations may log in to, separated by commas, each as scheme://host. Empty: any.')
param rotationProviderHosts string = ''

@description('What the audit keeps in the storage account: all decisions, only writes and refusals, or nothing (log: decisions are in the log only).')
@allowed(['all', 'writes', 'log'])
param audit string = 'all'

@description('For how many days blobs of the audit are immutable. The policy stays unlocked until you lock it.')
@minValue(1)
@maxValue(146000)
param auditDays int = 365

@description('You have locked the policy of the audit: leave it as it is.')
param auditLocked bool = false

@description('Mail address that gets alerts, such as of a rotation that needs a person. Empty or none: alerts show in the portal only.')
param alertEmail string

@description('Resource id of an existing Log Analytics workspace. Empty: a new one.')
param logWorkspaceId string = ''

@description('Memory of an instance.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('The most instances of each group of functions.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances for HTTP that are always ready, and always paid for.')
@minValue(0)
param alwaysReadyInstances int = 0

@description('Further app settings, such as ROTATION_GRACE.')
param settings object = {}

var abbreviations = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var appName = '${abbreviations.webSitesFunctions}${token}'
var newVaultName = '${abbreviations.keyVaultVaults}${token}'
var vaultName = empty(existingVaultName) ? newVaultName : existingVaultName
var keepsAudit = audit != 'log'
var tokens = signIn == 'tokens'
var ownUrl = empty(customDomain) ? '' : 'https://${customDomain}'

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: '${abbreviations.resourcesResourceGroups}${environmentName}'
  location: location
  tags: tags
}

module identity 'app/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: '${abbreviations.managedIdentityUserAssignedIdentities}${token}'
    location: location
    tags: tags
  }
}

module storage 'app/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    hostName: '${abbreviations.storageStorageAccounts}host${token}'
    recordsName: '${abbreviations.storageStorageAccounts}rec${token}'
    location: location
    tags: tags
    privateNetwork: privateNetwork
    keepsAudit: keepsAudit
    auditDays: auditDays
    auditLocked: auditLocked
  }
}

module vault 'app/vault.bicep' = if (empty(existingVaultName)) {
  name: 'vault'
  scope: group
  params: {
    name: newVaultName
    location: location
    tags: tags
    privateNetwork: privateNetwork
    recover: recoverVault
  }
}

module vaultRole 'app/vault-role.bicep' = if (empty(existingVaultName)) {
  name: 'vault-role'
  scope: group
  params: {
    vaultName: newVaultName
    principalId: identity.outputs.principalId
    access: vaultAccess
  }
  dependsOn: [vault]
}

module monitoring 'app/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    name: '${abbreviations.insightsComponents}${token}'
    workspaceName: '${abbreviations.operationalInsightsWorkspaces}${token}'
    existingWorkspaceId: logWorkspaceId
    location: location
    tags: tags
  }
}

module alerts 'app/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    prefix: '${abbreviations.insightsQueryRules}${token}-'
    actionGroupName: '${abbreviations.insightsActionGroups}${token}'
    componentName: monitoring.outputs.name
    email: alertEmail == 'none' ? '' : alertEmail
    location: location
    tags: tags
  }
}

module roles 'app/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    hostName: storage.outputs.hostName
    recordsName: storage.outputs.recordsName
    componentName: monitoring.outputs.name
    keepsAudit: keepsAudit
    auditRoleName: '${abbreviations.authorizationRoles}${token}'
  }
}

module network 'app/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    name: '${abbreviations.networkVirtualNetworks}${token}'
    endpointPrefix: abbreviations.networkPrivateEndpoints
    location: location
    tags: tags
    hostName: storage.outputs.hostName
    recordsName: storage.outputs.recordsName
    vaultName: empty(existingVaultName) ? vault!.outputs.name : ''
  }
}

module api 'app/api.bicep' = {
  name: 'api'
  scope: group
  params: {
    name: appName
    planName: '${abbreviations.webServerFarms}${token}'
    location: location
    tags: tags
    serviceName: 'api'
    identityName: identity.outputs.name
    componentName: monitoring.outputs.name
    hostName: storage.outputs.hostName
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    settings: union(
      {
        KEY_VAULT_URL: 'https://${vaultName}${environment().suffixes.keyvaultDns}'
        LOG_LEVEL: 'info'
        PUBLIC_URL: empty(publicUrl) ? ownUrl : publicUrl
        ROTATION_LOCK_ACCOUNT: storage.outputs.recordsName
        ROTATION_PROVIDER_HOSTS: rotationProviderHosts
        AUDIT: audit == 'writes' ? 'writes' : 'all'
        AUDIT_ACCOUNT: keepsAudit ? storage.outputs.recordsName : ''
        SIGN_IN: signIn
        SIGN_IN_AUDIENCE: tokens ? signInAudience : ''
        SIGN_IN_CLIENT_ID: tokens ? signInClientId : ''
        SIGN_IN_TENANTS: tokens ? (empty(signInTenants) ? tenant().tenantId : signInTenants) : ''
      },
      settings
    )
  }
  dependsOn: [roles]
}

module topic 'app/topic.bicep' = if (empty(existingVaultName)) {
  name: 'topic'
  scope: group
  params: {
    name: '${abbreviations.eventGridSystemTopics}${token}'
    vaultName: newVaultName
    location: location
    tags: tags
  }
  dependsOn: [vault]
}

module topicRoles 'app/topic-roles.bicep' = if (empty(existingVaultName)) {
  name: 'topic-roles'
  scope: group
  params: {
    principalId: topic!.outputs.principalId
    hostName: storage.outputs.hostName
  }
}

module subscriptionToVault 'app/subscription.bicep' = if (empty(existingVaultName)) {
  name: 'subscription'
  scope: group
  params: {
    topicName: topic!.outputs.name
    hostId: storage.outputs.hostId
  }
  dependsOn: [topicRoles]
}

// azd keeps these in its environment, where the hooks read them.
output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_API_NAME string = api.outputs.name
output SERVICE_API_URI string = 'https://${api.outputs.hostName}/api'
output DOMAIN_VERIFICATION_ID string = api.outputs.verificationId
output KEY_VAULT_NAME string = vaultName
output APP_PRINCIPAL_ID string = identity.outputs.principalId
output HOST_STORAGE_NAME string = storage.outputs.hostName
output RECORDS_STORAGE_NAME string = storage.outputs.recordsName
output AUDIT_ROLE_ID string = roles.outputs.auditRoleId
