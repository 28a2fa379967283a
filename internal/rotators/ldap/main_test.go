package ldap

import (
	"os"
	"testing"

	"rotunda/internal/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }
