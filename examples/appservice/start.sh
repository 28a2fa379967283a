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
set +x # a shell that traces would show values

fail() {
  printf 'start.sh: %s\n' "$1" >&2
  exit 1
}

[ $# -gt 0 ] || fail 'usage: start.sh PROGRAM [ARGUMENT...]'
[ -n "${ROTUNDA_URL:-}" ] || fail "set ROTUNDA_URL to the app's API, such as https://rotunda.contoso.com/api"
[ -n "${ROTUNDA_NAMES:-}" ] || fail 'set ROTUNDA_NAMES to the secrets, such as shop-api-key,DB_PASSWORD:shop-db.password'
[ -n "${ROTUNDA_KEY:-}${ROTUNDA_AUDIENCE:-}" ] || fail "set ROTUNDA_AUDIENCE to the app's audience, or ROTUNDA_KEY to a key of its function getsecret"

# Keys and tokens are passed through pipes, because arguments are visible to other users.
get_token() {
  printf 'X-IDENTITY-HEADER: %s\n' "$IDENTITY_HEADER" |
    curl -sSf --retry 5 -G -H @- "$IDENTITY_ENDPOINT" -d api-version=2019-08-01 \
      --data-urlencode "resource=$ROTUNDA_AUDIENCE" ${AZURE_CLIENT_ID:+-d "client_id=$AZURE_CLIENT_ID"} |
    sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p'
}

# get_lines sets lines to the body of the response, and status to its status and type, or to 000 if
# there is no whole response: lines that were cut off would be other values.
get_lines() {
  if lines=$(printf '%s\n' "$header" | curl -sS --max-time 60 -w '\n%{http_code} %{content_type}' -G -H @- -H 'Accept: text/plain' \
    "${ROTUNDA_URL%/}/secrets/env" --data-urlencode "names=$ROTUNDA_NAMES"); then
    status=${lines##*"$newline"}
    lines=${lines%"$newline"*}
  else
    status=000 lines='no whole response'
  fi
}

# read_lines prints the lines for all secrets. Its variables are not the program's: it runs in $().
read_lines() {
  newline='
'
  if [ -n "${ROTUNDA_KEY:-}" ]; then
    header="x-functions-key: $ROTUNDA_KEY"
  else
    [ -n "${IDENTITY_ENDPOINT:-}" ] || fail 'there is no managed identity here, as IDENTITY_ENDPOINT is not set: assign one, or set ROTUNDA_KEY'
    token=$(get_token)
    [ -n "$token" ] || fail 'the managed identity has no token'
    header="Authorization: Bearer $token"
  fi
  for wait in 1 2 4 8 0; do
    get_lines
    case $status in 000 | 429\ * | 5??\ *) sleep "$wait" ;; *) break ;; esac
  done
  case $status in
    '200 text/plain'*) printf '%s' "$lines" ;;
    200*) fail "can't read the secrets: $ROTUNDA_URL is not the app's API, as it responds with ${status#200 }" ;;
    *) fail "can't read the secrets from $ROTUNDA_URL: status ${status%% *}: ${lines:-no message, so check the address, and that ROTUNDA_KEY is a key of getsecret}" ;;
  esac
}

ROTUNDA_LINES=$(read_lines) || exit 1
unset ROTUNDA_KEY
set -a
eval "$ROTUNDA_LINES"
set +a
unset ROTUNDA_LINES
exec "$@"
