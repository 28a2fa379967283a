// Registers the app in Entra, for callers with tokens. With REGISTRATION=bicep the hook before
// provisioning deploys it, apart from the rest: it needs a right that few have who deploy, and an
// extension that the compiler downloads. A change that you make to the registration belongs here, or
// the next deployment may undo it.
extension microsoftGraphV1

targetScope = 'subscription'

@description('The Application ID URI, on a domain that the tenant has verified.')
param identifierUri string

@description('The app roles that the rules in access.json name, as Microsoft Graph has them.')
param appRoles array

resource app 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'rotunda-${uniqueString(identifierUri)}' // finds it again, and can't be changed
  displayName: 'rotunda'
  signInAudience: 'AzureADMyOrg'
  identifierUris: [identifierUri]
  api: {
    requestedAccessTokenVersion: 2
  }
  appRoles: appRoles
}

resource principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: app.appId
}

output clientId string = app.appId
