#!/usr/bin/env bash
# Copies secrets from AWS Secrets Manager to the app: current values and tags. Needs curl and jq.
#   ROTUNDA_URL    the app's API, such as https://rotunda.contoso.com/api
#   ROTUNDA_TOKEN  a token of the app's audience, or ROTUNDA_KEY, a function key; the local run needs neither
#
#   aws secretsmanager list-secrets >list.json # names and tags, no values
#   aws secretsmanager batch-get-secret-value --filters Key=name,Values=shop/ | bash copy.sh list.json
#
# With -n before list.json it writes nothing, and prints what it would do. It checks all secrets before
# it writes the first. To run it again is harmless: what is the same gets no new version.
set -euo pipefail

dry=
if [ "${1:-}" = -n ]; then dry=yes && shift; fi
list=${1:?usage: copy.sh [-n] list.json}

# Values are passed through pipes, because arguments are visible to other users.
header() {
  if [ -n "${ROTUNDA_TOKEN:-}" ]; then echo "Authorization: Bearer $ROTUNDA_TOKEN"; fi
  if [ -n "${ROTUNDA_KEY:-}" ]; then echo "x-functions-key: $ROTUNDA_KEY"; fi
}

# plan prints a line of JSON for each secret: its names, what Key Vault can't have, and the request.
plan() {
  jq -c -n --slurpfile list "$list" '
    ($list | map(.SecretList[]) | INDEX(.ARN)) as $known
    | [inputs] as $pages
    | ($pages | map(.Errors[]?) | map("\(.SecretId): \(.ErrorCode)")) as $errors
    | if $errors != [] then error("AWS did not return all secrets: \($errors | join(", "))") else . end
    | [$pages[].SecretValues[] | (.SecretString // .SecretBinary) as $value | {
        from: .Name, to: (.Name | gsub("[^0-9A-Za-z-]"; "-")),
        lambda: $known[.ARN].RotationLambdaARN, days: $known[.ARN].RotationRules.AutomaticallyAfterDays,
        body: {
          value: $value,
          contentType: (if .SecretBinary then "application/octet-stream;base64"
            elif ($value | try (fromjson | type) catch "") == "object" then "application/json" else "text/plain" end),
          tags: (($known[.ARN].Tags // []) | map(select(.Key | startswith("aws:") | not) | {key: .Key, value: .Value}) | from_entries)
        }
      }] as $all
    | ($all | group_by(.to | ascii_downcase)) as $groups
    | $all[] | . as $one
    | .problem = (
        if any($groups[]; length > 1 and any(.[]; .from == $one.from)) then "another secret would have the name \(.to) too"
        elif (.to | length) > 127 then "the name has more than 127 characters"
        elif .body.value == null then "it has no value: list.json and the values may be of different accounts"
        elif (.body.value | utf8bytelength) > 25600 then "the value has more than 25,600 bytes"
        elif (.body.tags | length) > 15 then "it has more than 15 tags"
        elif any(.body.tags | to_entries[]; (.key | length) > 256 or (.value | length) > 256) then "a tag has more than 256 characters"
        else null end)'
}

planned=$(plan)
if problems=$(printf '%s\n' "$planned" | jq -er 'select(.problem) | "copy: \(.from): \(.problem)"'); then
  printf '%s\n' "$problems" "copy: nothing was written" >&2
  exit 1
fi
while IFS= read -r one; do
  [ -n "$one" ] || continue
  to=$(printf '%s\n' "$one" | jq -r .to)
  if [ -z "$dry" ] && ! answer=$(printf '%s\n' "$one" | jq -c .body | curl -sS --fail-with-body -X PUT -H @<(header) \
    -H 'Content-Type: application/json' --data-binary @- "${ROTUNDA_URL:?}/secrets/$to?ifChanged=true"); then
    echo "copy: the app refuses $to: $answer" >&2
    exit 1
  fi
  printf '%s\n' "$one" | jq -r '"\(.from) -> \(.to) (\(.body.contentType), \(.body.tags | length) tags)"
    + if .lambda then ", rotated every \(.days // "?") days by \(.lambda)" else "" end'
done < <(printf '%s\n' "$planned")
