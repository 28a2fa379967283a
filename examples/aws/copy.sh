#!/usr/bin/env bash
# Copies secrets from AWS Secrets Manager to the app: current values and tags. Needs curl and jq.
#   ROTUNDA_URL    the app's API, such as https://rotunda.contoso.com/api
#   ROTUNDA_TOKEN  a token of the app's audience, or ROTUNDA_KEY, a function key; the local run needs neither
#
#   aws secretsmanager list-secrets >list.json # names and tags, no values
#   aws secretsmanager batch-get-secret-value --filters Key=name,Values=shop/ | bash copy.sh list.json
#
# With -n before list.json it calls nothing, and prints what it would do. It checks all secrets before
# it writes the first. It can run again: what is the same gets no new version, and a secret that
# rotates here is not overwritten. So the caller needs the right to see rotations, too.
set -euo pipefail

dry=
if [ "${1:-}" = -n ]; then dry=yes && shift; fi
list=${1:?usage: copy.sh [-n] list.json}
url=${ROTUNDA_URL:-}
url=${url%/}
if [ -z "$dry$url" ]; then echo "copy: set ROTUNDA_URL to the app's API, such as https://rotunda.contoso.com/api" >&2 && exit 1; fi

# Values are passed through pipes, because arguments are visible to other users.
header() {
  if [ -n "${ROTUNDA_TOKEN:-}" ]; then echo "Authorization: Bearer $ROTUNDA_TOKEN"; fi
  if [ -n "${ROTUNDA_KEY:-}" ]; then echo "x-functions-key: $ROTUNDA_KEY"; fi
}

# plan prints a line of JSON for each secret: its names, what Key Vault can't have, and the request.
plan() {
  jq -c -n --slurpfile list "$list" '
    if any($list[]; .SecretList | type != "array") then error("list.json is not what aws secretsmanager list-secrets prints") else . end
    | ($list | map(.SecretList[]) | INDEX(.ARN)) as $known
    | [inputs] as $pages
    | if all($pages[]; .SecretValues | type != "array" or length == 0)
      then error("the input has no secrets: it is not what aws secretsmanager batch-get-secret-value prints, or its filter fits none") else . end
    | ($pages | map(.Errors[]?) | map("\(.SecretId): \(.ErrorCode)")) as $errors
    | if $errors != [] then error("AWS did not return all secrets: \($errors | join(", "))") else . end
    | [$pages[].SecretValues[] | (.SecretString // .SecretBinary) as $value | {
        from: .Name, to: (.Name | gsub("[^0-9A-Za-z-]"; "-")),
        lambda: $known[.ARN].RotationLambdaARN, days: $known[.ARN].RotationRules.AutomaticallyAfterDays,
        body: {
          value: $value,
          contentType: (if .SecretBinary then "application/octet-stream;base64"
            elif ($value | try (fromjson | type) catch "") == "object" then "application/json" else "text/plain" end),
          tags: (($known[.ARN].Tags // []) | map(select(.Key | startswith("aws:") | not) | {key: .Key, value: (.Value // "")}) | from_entries)
        }
      }] as $all
    | ($all | group_by(.to | ascii_downcase)) as $groups
    | $all[] | . as $one
    | .problem = (
        if any($groups[]; length > 1 and any(.[]; .from == $one.from)) then "another secret would have the name \(.to) too"
        elif (.to | length) > 127 then "the name has more than 127 characters"
        elif (.to | test("--pending$|^rot-[0-9a-f]{32}$"; "i")) then "the name \(.to) is that of a record of the app"
        elif .body.value == null then "it has no value: list.json and the values may be of different accounts"
        elif (.body.value | utf8bytelength) > 25600 then "the value has more than 25,600 bytes"
        elif (.body.tags | length) > 15 then "it has more than 15 tags"
        elif any(.body.tags | to_entries[]; (.key | length) > 512 or (.value | length) > 512) then "a tag has more than 512 characters"
        else null end)'
}

# call sends a request for the secret $1 and prints the body of the answer, then its status on a line of its own.
call() {
  local name=$1 query=$2
  shift 2
  curl -sS -H @<(header) -w '\n%{http_code}' "$@" "$url/secrets/$name$query"
}

# refused says why the app did not do what it was asked. A page that is not the app's is not shown.
refused() {
  local status=${2##*$'\n'} reason
  reason=$(printf '%s\n' "${2%$'\n'*}" | jq -c '.error // empty' 2>/dev/null) || true
  echo "copy: $1: the app answers ${status:-nothing}${reason:+: $reason}; is ROTUNDA_URL its API, and may the caller do this?" >&2
  exit 1
}

# rotates reports whether the app rotates a secret, or has rotated it: then AWS has an older value.
rotates() {
  local answer
  answer=$(call "$1" /rotation) || refused "$1" "$answer"
  case ${answer##*$'\n'} in
    404) return 1 ;;
    200) printf '%s\n' "${answer%$'\n'*}" | jq -e '.rotator or .operation' >/dev/null ;;
    *) refused "$1" "$answer" ;;
  esac
}

planned=$(plan)
if problems=$(printf '%s\n' "$planned" | jq -er 'select(.problem) | "copy: \(.from): \(.problem)"'); then
  printf '%s\n' "$problems" "copy: nothing was written" >&2
  exit 1
fi
if [ -z "$dry" ]; then names=$(printf '%s\n' "$planned" | jq -r .to); fi
for name in ${names:-}; do # names have no spaces
  if rotates "$name"; then
    echo "copy: $name rotates here, so its value in AWS may be an old one: leave it out; nothing was written" >&2
    exit 1
  fi
done
while IFS= read -r one; do
  to=$(printf '%s\n' "$one" | jq -r .to)
  if [ -z "$dry" ]; then
    answer=$(printf '%s\n' "$one" | jq -c .body |
      call "$to" '?ifChanged=true' -X PUT -H 'Content-Type: application/json' --data-binary @-) || refused "$to" "$answer"
    if [ "${answer##*$'\n'}" != 200 ] || ! printf '%s\n' "${answer%$'\n'*}" | jq -e .id >/dev/null 2>&1; then refused "$to" "$answer"; fi
  fi
  printf '%s\n' "$one" | jq -r '"\(.from) -> \(.to) (\(.body.contentType), \(.body.tags | length) tags)"
    + if .lambda then ", rotated every \(.days // "?") days by \(.lambda)" else "" end'
done < <(printf '%s\n' "$planned")
