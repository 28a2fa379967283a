#!/usr/bin/env bash
# The step of the action in action.yml. Reads secrets with the workflow's own token, masks them, and
# sets environment variables and the output "secrets". Needs bash and curl.
#   ROTUNDA_URL       the app's API
#   ROTUNDA_AUDIENCE  the audience of the token
#   ROTUNDA_SECRETS   lines such as NPM_TOKEN=shop-ci-npm or shop-ci-npm
# The runner sets ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, GITHUB_ENV and
# GITHUB_OUTPUT.
set +x # a shell that traces would show values
set -euo pipefail
LC_ALL=C # lengths are bytes
shopt -u patsub_replacement 2>/dev/null || true # bash 5.2 reads & in replacements
folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/rotunda-XXXXXX")
trap 'rm -rf "$folder"' EXIT

# escape prints text as the data of a workflow command (actions/runner, ActionCommand.cs).
escape() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  printf %s "${text//$'\n'/%0A}"
}

fail() {
  printf '::error title=Rotunda::%s\n' "$(escape "$1")"
  exit 1
}

# mask hides a value in the log: all of it, and each of its lines, because a log is masked line by
# line. A line of punctuation, such as a brace, hides nothing and would blot out others.
mask() {
  local line cr=$'\r' newline=$'\n'
  if [[ $1 == *[![:space:]]* ]]; then printf '::add-mask::%s\n' "$(escape "$1")"; fi
  [[ $1 == *[$'\r\n']* ]] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    if [[ $line == *[![:space:][:punct:]]* ]]; then printf '::add-mask::%s\n' "$(escape "$line")"; fi
  done <<<"${1//$cr/$newline}"
}

# get requests a URL with a token, and prints the status and the type of the body, which goes to a
# file. The token is passed through a pipe, because arguments are visible to other processes. The
# time is limited, as curl waits as long as Retry-After says.
get() {
  local token=$1 body=$2
  shift 2
  printf 'header = "Authorization: Bearer %s"\n' "$token" |
    curl --config - --silent --show-error --max-time 60 --retry 3 --retry-max-time 120 --output "$body" \
      --write-out '%{http_code} %{content_type}' "$@"
}

# content sets the variable "value" to what a file holds, with all its newlines.
content() {
  value=
  IFS= read -r -d '' value <"$1" || true # read reports the end of the file as a failure
}

# jwt requests the workflow's token. Its text has no character that JSON escapes.
jwt() {
  local status
  status=$(get "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$folder/token" --get --data-urlencode "audience=$ROTUNDA_AUDIENCE" "$ACTIONS_ID_TOKEN_REQUEST_URL") ||
    fail "GitHub did not answer the request for the workflow's token."
  status=${status%% *}
  [ "$status" = 200 ] || fail "GitHub refused the workflow's token with status $status."
  content "$folder/token"
  [[ $value =~ \"value\"[[:space:]]*:[[:space:]]*\"([A-Za-z0-9._-]+)\" ]] || fail "GitHub's answer to the request for the workflow's token holds no token."
  token=${BASH_REMATCH[1]}
  mask "$token"
}

# inner prints the text of a JSON string, with the escapes that the runner knows, so that it is
# masked, too.
inner() {
  local text=$1 code character
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\r'/\\r}
  text=${text//$'\t'/\\t}
  text=${text//$'\b'/\\b}
  text=${text//$'\f'/\\f}
  if [[ $text == *[[:cntrl:]]* ]]; then
    for code in 01 02 03 04 05 06 07 0b 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f; do
      printf -v character %b "\\x$code"
      text=${text//"$character"/\\u00$code}
    done
  fi
  printf %s "$text"
}

# set_variable writes a variable to a file of the runner, with a delimiter that the value does not have.
set_variable() {
  local delimiter="rotunda_$RANDOM$RANDOM"
  while [[ $3 == *"$delimiter"* ]]; do delimiter+=$RANDOM; done
  printf '%s<<%s\n%s\n%s\n' "$2" "$delimiter" "$3" "$delimiter" >>"$1"
}

# read_secret reads one secret into the variable "value".
read_secret() {
  local status
  status=$(get "$token" "$folder/value" --proto =https --header 'Accept: text/plain' "$ROTUNDA_URL/secrets/$1") ||
    fail "The app did not answer at $ROTUNDA_URL: check the input url."
  status=${status% } # if there is no type
  content "$folder/value"
  case $status in
  "200 text/plain"*) ;;
  [45]??*) fail "The app refused to read $1 with status ${status%% *}: ${value:0:2000}" ;;
  *) fail "$ROTUNDA_URL answered with status ${status/ / and }: check the input url." ;; # its body may hold a value
  esac
  [ "${#value}" -eq "$(wc -c <"$folder/value")" ] || fail "The value of $1 holds a zero byte, which an environment variable can't hold: read it with a client library."
  mask "$value"
}

: "${GITHUB_ENV:?run this as a step of a workflow}" "${GITHUB_OUTPUT:?run this as a step of a workflow}"
ROTUNDA_URL=${ROTUNDA_URL%/}
case $ROTUNDA_URL in
https://?*) ;;
*) fail "The input url is \"$ROTUNDA_URL\": it must begin with https://, because the token is sent there." ;;
esac
[ -n "$ROTUNDA_AUDIENCE" ] || fail "The input audience is empty: use the audience that TRUSTED_ISSUERS has for GitHub."
[ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || fail "The job has no right to a token: add \"permissions: id-token: write\" to it."

# All lines are checked before the first secret is read.
variables=() names=()
while IFS= read -r line; do
  line=${line%$'\r'}
  line=${line#"${line%%[![:space:]]*}"}
  line=${line%"${line##*[![:space:]]}"}
  [[ -n $line && $line != '#'* ]] || continue
  [[ $line =~ ^(([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*)?([0-9A-Za-z-]{1,127}(/[0-9a-fA-F]{32})?)$ ]] ||
    fail "The input secrets has a line that is neither NAME=secret nor secret: \"$line\"."
  variable=${BASH_REMATCH[2]} name=${BASH_REMATCH[3]}
  case $variable in
  GITHUB_* | RUNNER_* | NODE_OPTIONS) fail "The input secrets sets $variable, which belongs to the runner: choose another name." ;;
  esac
  variables+=("$variable") names+=("$name")
done <<<"${ROTUNDA_SECRETS:-}"
[ ${#names[@]} -gt 0 ] || fail "The input secrets is empty: write one secret a line."

# The runner reads its files also after a step that failed, so they are written last.
jwt
output=
: >"$folder/env"
for i in "${!names[@]}"; do
  read_secret "${names[i]}"
  text=$(inner "$value")
  mask "$text"
  output+=${output:+,}\"${names[i]}\":\"$text\"
  [ -z "${variables[i]}" ] || set_variable "$folder/env" "${variables[i]}" "$value"
done
cat "$folder/env" >>"$GITHUB_ENV"
set_variable "$GITHUB_OUTPUT" secrets "{$output}"
echo "Read ${#names[@]} of ${#names[@]} secrets."
