#!/bin/sh
# Starts a program with secrets in its environment, for App Service, containers and systemd. Needs
# curl 7.55. No secret is written to a file.
#   ROTUNDA_URL       the app's API, such as https://rotunda.contoso.com/api
#   ROTUNDA_NAMES     the secrets, such as shop-api-key,DB_PASSWORD:shop-db.password
#   ROTUNDA_AUDIENCE  its audience, such as https://contoso.com/rotunda, for a token of the managed
#                     identity (AZURE_CLIENT_ID for a user-assigned one)
#   ROTUNDA_KEY       a key of the function getsecret, instead of the audience
#
#   sh start.sh node server.js
set -eu

fail() {
  printf 'start.sh: %s\n' "$1" >&2
  exit 1
}

[ $# -gt 0 ] || fail 'usage: start.sh PROGRAM [ARGUMENT...]'

# Keys and tokens are passed through pipes, because arguments are visible to other users.
get_token() {
  printf 'X-IDENTITY-HEADER: %s\n' "$IDENTITY_HEADER" |
    curl -sSf --retry 5 -G -H @- "$IDENTITY_ENDPOINT" -d api-version=2019-08-01 \
      --data-urlencode "resource=$ROTUNDA_AUDIENCE" ${AZURE_CLIENT_ID:+-d "client_id=$AZURE_CLIENT_ID"} |
    sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p'
}

# get_lines sets lines to the body of the response, and status.
get_lines() {
  lines=$(printf '%s\n' "$header" | curl -sS --max-time 60 -w '\n%{http_code}' -G -H @- -H 'Accept: text/plain' \
    "$ROTUNDA_URL/secrets/env" --data-urlencode "names=$ROTUNDA_NAMES") || true
  status=${lines##*"$newline"}
  lines=${lines%"$newline"*}
}

newline='
'
if [ -n "${ROTUNDA_KEY:-}" ]; then
  header="x-functions-key: $ROTUNDA_KEY"
else
  token=$(get_token)
  [ -n "$token" ] || fail 'the managed identity has no token'
  header="Authorization: Bearer $token"
fi
for wait in 1 2 4 8 0; do
  get_lines
  case $status in 000 | 429 | 5??) sleep "$wait" ;; *) break ;; esac
done
[ "$status" = 200 ] || fail "can't read the secrets from $ROTUNDA_URL: status $status: $lines"

unset ROTUNDA_KEY header token
set -a
eval "$lines"
set +a
exec "$@"
