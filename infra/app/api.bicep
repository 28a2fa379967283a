// The function app, on Flex Consumption. Settings that Flex has as properties must not be app
// settings: FUNCTIONS_WORKER_RUNTIME is functionAppConfig.runtime here.
param name string
param planName string
param location string
param tags object
@description('The name of the service in azure.yaml. azd deploys to the one resource that has it as a tag.')
param serviceName string
param identityName string
param componentName string
param hostName string
param subnetId string
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyInstances int
param settings object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource host 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

// With a user-assigned identity, each connection needs its credential and its client id: without
// them nothing wakes the app (Azure/azure-functions-host#10904).
var hostSettings = {
  AZURE_CLIENT_ID: identity.properties.clientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  AzureWebJobsStorage__blobServiceUri: host.properties.primaryEndpoints.blob
  AzureWebJobsStorage__queueServiceUri: host.properties.primaryEndpoints.queue
  AzureWebJobsStorage__tableServiceUri: host.properties.primaryEndpoints.table
  APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': serviceName })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    // For certificates of a domain of your own. It can't be turned on later, and is not in the
    // published types yet.
    #disable-next-line BCP037
    siteScopedCertificatesEnabled: true
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${host.properties.primaryEndpoints.blob}app-package'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'custom'
        version: '1.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances > 0 ? [{ name: 'http', instanceCount: alwaysReadyInstances }] : []
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(settings, hostSettings)
  }

  // The deployment signs in with Entra. Basic credentials stay off.
  resource noBasicUpload 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource noFtp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
}

output name string = site.name
output hostName string = site.properties.defaultHostName
output verificationId string = site.properties.customDomainVerificationId
