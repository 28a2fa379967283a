// A host name of the app, with a certificate or still without one.
param siteName string
param domain string
param thumbprint string

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

resource binding 'Microsoft.Web/sites/hostNameBindings@2024-11-01' = {
  parent: site
  name: domain
  properties: {
    siteName: siteName
    hostNameType: 'Verified'
    customHostNameDnsRecordType: 'CName'
    sslState: empty(thumbprint) ? 'Disabled' : 'SniEnabled'
    thumbprint: empty(thumbprint) ? null : thumbprint
  }
}
