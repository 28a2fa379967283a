// Command go prints the value of a secret, with Microsoft's client.
//
//	KEY_VAULT_URL  the app's API, such as https://rotunda.contoso.com/api, or a vault's URL
//	AZURE_*        who signs in, as DefaultAzureCredential reads it
//
//	go run ./examples/clients/go payments-db
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./examples/clients/go SECRET")
		os.Exit(2)
	}
	value, err := read(context.Background(), os.Getenv("KEY_VAULT_URL"), os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "read:", err)
		os.Exit(1)
	}
	fmt.Println(value)
}

func read(ctx context.Context, url, name string) (string, error) {
	credential, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return "", err
	}
	client, err := azsecrets.NewClient(url, credential, nil)
	if err != nil {
		return "", err
	}
	found, err := client.GetSecret(ctx, name, "", nil)
	if err != nil {
		return "", err
	}
	return *found.Value, nil
}
