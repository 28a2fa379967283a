package form

import (
	"strings"
	"unicode"
)

// splitAzure splits a connection string of an Azure service, which has no quotes:
//
//	DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=…;EndpointSuffix=core.windows.net
//	Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=…
//	Endpoint=https://shop.azconfig.io;Id=…;Secret=…
//
// The services' clients split it at each semicolon, and a pair at its first = (such as
// Azure/azure-sdk-for-go sdk/storage/azblob/internal/shared/shared.go and
// sdk/messaging/azservicebus/internal/conn/conn.go, ParseConnectionString).
func splitAzure(text string) ([]place, bool) {
	places, ok := readPairs(text, 0, quoting{pairName(), false, azureValue})
	return places, ok && isAzure(places)
}

func isAzure(places []place) bool {
	return hasName(places, "AccountKey", "SharedAccessKey", "AccessKey") || hasName(places, "Endpoint") && hasName(places, "Secret")
}

func azureValue(text string, begin int) (place, bool) {
	p := place{begin: begin, end: until(text, begin, ";")}
	p.text = text[begin:p.end]
	if strings.TrimSpace(p.text) != p.text {
		p.unsure = "a space at its beginning or end. Remove it."
	}
	p.encode = func(next string) (string, bool) {
		return next, !strings.ContainsFunc(next, func(r rune) bool { return r == ';' || unicode.IsSpace(r) || unicode.IsControl(r) })
	}
	return p, !strings.ContainsFunc(p.text, unicode.IsControl)
}
