#!/usr/bin/env bash
# The Key Vault quickstart in shell: asks for a secret's name and value, sets it, reads it back,
# deletes it, and waits until it is deleted. Needs curl and jq.
#   ROTUNDA_URL  the app's API, http://127.0.0.1:7071/api by default
#   ROTUNDA_KEY  a function key, if the app requires one
set -euo pipefail
app=${ROTUNDA_URL:-http://127.0.0.1:7071/api}

# call METHOD PATH [curl's options]: the key is passed through a pipe, because arguments are visible in ps.
call() {
	local method=$1 path=$2
	shift 2
	curl --silent --show-error --fail-with-body --request "$method" "$app$path" \
		--header @<(printf 'x-functions-key: %s' "${ROTUNDA_KEY:-}") "$@"
}

read -r -p 'Name of the secret: ' name
read -r -p 'Its value: ' value

echo "Setting $name ..."
printf %s "$value" | jq --raw-input --slurp '{value: .}' |
	call PUT "/secrets/$name?onDeleted=recover" --header 'Content-Type: application/json' --data-binary @- >/dev/null
printf 'Your secret is "%s".\n' "$(call GET "/secrets/$name" --header 'Accept: text/plain')"

echo "Deleting $name ..."
call DELETE "/secrets/$name?wait=true" >/dev/null
echo "Deleted."
