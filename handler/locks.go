package main

import (
	"context"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"rotunda/internal/lease"
	"rotunda/internal/rotation"
)

// openLocks gives rotation its locks: blob leases in Azure, files on one machine.
func openLocks(c config, credential azcore.TokenCredential, transport *http.Client) (rotation.Locker, error) {
	switch r := c.rotation; {
	case r.lockFolder != "":
		return lease.File{Dir: r.lockFolder}, nil
	case r.lockAccount != "":
		return lease.NewBlob(lease.BlobOptions{
			ServiceURL: "https://" + r.lockAccount + c.blobSuffix(), Credential: credential, Transport: transport, Vault: c.vaultName(),
		})
	}
	return noLocks{}, nil
}

// noLocks is for an app that only reads and writes secrets: it can't tell which other instances there are.
type noLocks struct{}

func (noLocks) Lock(context.Context, string) (context.Context, func(), error) {
	return nil, nil, rotation.Permanentf("The app has nowhere to keep the lock of a rotation. Set %s to a storage account in which its identity may write blobs; "+
		"on one machine, %s to a folder.", settingLockAccount, settingLockFolder)
}
