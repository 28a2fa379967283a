// Binds a host name of your own to the app, with a certificate that Azure issues and renews at no
// cost. The hook after provisioning deploys it once the host name's records are in DNS.
@description('Name of the function app, in the resource group of this deployment.')
param siteName string

@description('Region of the function app.')
param location string

@description('The host name, such as rotunda.contoso.com. It needs a CNAME record with the app\'s own host name.')
param domain string

@description('Whether the app has the host name already. Binding it again without its certificate would turn TLS off for a moment.')
param isBound bool

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

// A certificate is issued for a host name that the app has.
module hostname 'app/hostname.bicep' = if (!isBound) {
  name: 'rotunda-hostname'
  params: {
    siteName: siteName
    domain: domain
    thumbprint: ''
  }
}

// Flex Consumption has certificates of a site only, and not those of a plan
// (hashicorp/terraform-provider-azurerm#31884).
resource certificate 'Microsoft.Web/sites/certificates@2024-11-01' = {
  parent: site
  name: 'rotunda'
  location: location
  properties: {
    canonicalName: domain
  }
  dependsOn: [hostname]
}

module binding 'app/hostname.bicep' = {
  name: 'rotunda-certificate'
  params: {
    siteName: siteName
    domain: domain
    thumbprint: certificate.properties.thumbprint
  }
}
