package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"rotunda/internal/stage"
	"rotunda/internal/standin"
)

// The secrets of the quickstart: the reader may read one of them.
const (
	readable   = "payments-db"
	unreadable = "shop-ci-npm"
)

// signedInStep is a step that a caller takes.
type signedInStep struct {
	who string
	step
}

var signedInSteps = []signedInStep{
	{admin, step{admin, http.MethodPut, "/secrets/" + readable + "?onDeleted=recover", `{"value":"a round vault"}`, http.StatusOK, tellVersion}},
	{admin, step{admin, http.MethodPut, "/secrets/" + unreadable + "?onDeleted=recover", `{"value":"another"}`, http.StatusOK, tellVersion}},
	{reader, step{reader, http.MethodGet, "/secrets/" + readable, "", http.StatusOK, tellValue}},
	{reader, step{reader, http.MethodGet, "/secrets/" + unreadable, "", http.StatusForbidden, tellRefusal}},
	{nobody, step{nobody, http.MethodGet, "/secrets/" + readable, "", http.StatusForbidden, tellRefusal}},
	{workflow, step{workflow, http.MethodGet, "/secrets/" + unreadable, "", http.StatusOK, tellValue}},
}

func tellVersion(a answer) string { return "version " + a.ID[strings.LastIndex(a.ID, "/")+1:] }
func tellValue(a answer) string   { return fmt.Sprintf("value %q", a.Value) }
func tellRefusal(a answer) string { return a.Error.Code + ": " + a.Error.Message }

// showTokens shows what the callers may do, and how Microsoft's clients do it.
func (d *desk) showTokens(ctx context.Context, out io.Writer) error {
	if d.ownRules {
		fmt.Fprintf(out, "\nThe rules in %s apply, so the quickstart is skipped: it needs those in %s.\n", stage.RulesFile, exampleRules)
		return nil
	}
	fmt.Fprintln(out, "\nQuickstart:")
	for _, step := range signedInSteps {
		token, err := d.token(step.who)
		if err != nil {
			return err
		}
		if err := step.show(ctx, caller{url: d.app, token: token}, out); err != nil {
			return err
		}
	}
	d.printPrograms(out)
	return nil
}

func (d *desk) token(who string) (string, error) {
	if who == workflow {
		return d.github.Token(standin.Audience)
	}
	token, _, err := d.azure.Entra().Issue(d.signIn.Callers[who].ClientID, standin.Audience, time.Hour)
	return token, err
}

// The programs read a secret with Microsoft's clients. APP, SECRET and FILE are filled in.
const (
	pythonProgram = `python3 - <<'PY'
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

client = SecretClient("APP", DefaultAzureCredential())
print(client.get_secret("SECRET").value)
PY`
	nodeProgram = `node - <<'JS'
const { DefaultAzureCredential } = require("@azure/identity");
const { SecretClient } = require("@azure/keyvault-secrets");

const client = new SecretClient("APP", new DefaultAzureCredential());
client.getSecret("SECRET").then((secret) => console.log(secret.value));
JS`
	goProgram = `cat >FILE <<'GO'
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

func main() {
	credential, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		log.Fatal(err)
	}
	client, err := azsecrets.NewClient("APP", credential, nil)
	if err != nil {
		log.Fatal(err)
	}
	secret, err := client.GetSecret(context.Background(), "SECRET", "", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*secret.Value)
}
GO
go run FILE`
)

func (d *desk) printPrograms(out io.Writer) {
	fmt.Fprint(out, "\nMicrosoft's clients do the same. Paste these into a shell in this folder; each signs in as the caller\n"+
		"whose settings it reads first. (make setup installs the clients of Python and JavaScript.)\n")
	fill := strings.NewReplacer("APP", d.signIn.AppURL, "SECRET", readable, "FILE", filepath.Join(d.folder.path, "read.go"))
	for _, program := range []struct{ note, who, text string }{
		{"Python, as the reader", reader, pythonProgram},
		{"JavaScript, as the reader", reader, nodeProgram},
		{"Go, as nobody: it is refused, and the message names the rule that is missing", nobody, goProgram},
	} {
		fmt.Fprintf(out, "\n# %s\n(. %s\n%s\n)\n", program.note, d.callerFile(program.who), fill.Replace(program.text))
	}
	if d.signIn.Audit == "" {
		return
	}
	fmt.Fprintf(out, "\nThe audit has all of it. Verify it, and ask who last read what:\n  go run ./audit verify %[1]s\n  go run ./audit last-read %[1]s\n", d.signIn.Audit)
}
