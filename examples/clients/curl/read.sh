#!/usr/bin/env bash
# Prints the value of a secret, as a service principal. Needs curl and jq.
#   ROTUNDA_URL       the app's API, such as https://rotunda.contoso.com/api
#   ROTUNDA_AUDIENCE  its audience, such as https://contoso.com/rotunda
#   AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET  who signs in
#
#   bash read.sh payments-db
set -euo pipefail

# Secrets and tokens are passed through pipes, because arguments are visible to other users.
answer=$(curl -sS --fail-with-body "https://login.microsoftonline.com/$AZURE_TENANT_ID/oauth2/v2.0/token" \
  -d grant_type=client_credentials -d "client_id=$AZURE_CLIENT_ID" --data-urlencode "scope=$ROTUNDA_AUDIENCE/.default" \
  --data-urlencode client_secret@<(printf %s "$AZURE_CLIENT_SECRET")) || {
  echo "$answer" >&2 # says why
  exit 1
}
token=$(jq -r .access_token <<<"$answer")
curl -sS --fail-with-body -H @<(echo "Authorization: Bearer $token") -H 'Accept: text/plain' "$ROTUNDA_URL/secrets/${1:?usage: read.sh SECRET}"
echo
