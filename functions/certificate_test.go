package functions_test

// pfx is a certificate for canary.example.com and its key, as a PFX file without a password, in
// base64. The conversion of the vault's stand-in knows only the old algorithms of such files:
// openssl pkcs12 -export -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1.
const pfx = "" +
	"MIIDkgIBAzCCA1gGCSqGSIb3DQEHAaCCA0kEggNFMIIDQTCCAjcGCSqGSIb3DQEHBqCCAigwggIkAgEAMIICHQYJKo" +
	"ZIhvcNAQcBMBwGCiqGSIb3DQEMAQMwDgQIC0Ccb3JNFFICAggAgIIB8FxSlBuXqIXzaRAIfyBMrAe4at/OZvPVmmCQ" +
	"ilt0q/E9eo7nJ6na5PBR9e+7WRXJ4n46XwPS1elFcXPRfR1WsDp/Vp1C3IRGZ3KrZ+uWeQjVMY4E4VLyMFzjoy70yd" +
	"Pel9jNM56lPElN2FQUkw1QxDvrIAAjoBEPXuGYVLt7nfzeNzsJLMcGK8eAdbpOngrpKCxQb8k0dmgF4giimGt2Ppm5" +
	"KdWkeeRRHuhD/Uhf+MpRiAgX7abOpp2tqgbAXSI73Hv1CvKPFTO2IA9jR9TAcDTT1cC+Ctqt9elDVrLq1cZXUrTjfT" +
	"Mh5ra0uXAl0RVAzfls6FXvomisUuAI6kLbbsf6xyM0j2A5ph1vlnTC3LtEe1bsXEC5/bmX/HCcga8elhRZaCaGrVEs" +
	"o8zkHX2ZezPyDVsBk7BETdX5btmnGUz/tpWikPA96cdYkFQmix3/lF3/oVT4rkKg5XgFTNFG1GsivOUrmsML6hg+Tt" +
	"StENzJieV+O1ieWPkZQE4BrRcH9ct3ey9RFQne1Hv96mzrC2CTFiP2SyqwUf7aw4mJkHdVkfrlHh5qbImjcWvcEaRD" +
	"OjSpJTGrTH6vt6igNGfVTIcHCFXQyiBMBpWmfORjM7zLfbhFDJyUUr8dxuc63vd+89EtQLRgUJI5Majlbe/N1bgwgg" +
	"ECBgkqhkiG9w0BBwGggfQEgfEwge4wgesGCyqGSIb3DQEMCgECoIG0MIGxMBwGCiqGSIb3DQEMAQMwDgQIY3dmp1DF" +
	"KuoCAggABIGQ+IyTwxp40hVaeP88+sCHP4xByx/ElK2mRusZKKZZkCkw3ErCSaIdz85v0ZRSW9P4CZMLhX117k1jpp" +
	"Nw2/R7wSxfboBDy0os5jvn5MI4TY7ITHZX7TCP8TiLD/q1l6xtnbR/v2xE+ozJhTGom0ih5rSsMpgdJsBnpbAYoWZh" +
	"pD01kCMo9daRuGRfvSFChR7aMSUwIwYJKoZIhvcNAQkVMRYEFOg22w0xxPRf7uJBMsWeQ4JBcO8TMDEwITAJBgUrDg" +
	"MCGgUABBT7WOCn6spen6PBazbFK4Rbut+1BAQITM+6Vd74GbkCAggA"
