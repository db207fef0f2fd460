# shellcheck shell=bash
# What the scripts of this folder, of ../cluster and of ../mcp share: source it.

interop=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$interop/../../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=$target/interop-venv

# Installs the packages of a folder's lock file, unless they are installed already.
install_node_packages() {
  local folder=$1 installed="$1/node_modules/.package-lock.json"
  if [[ ! -e $installed || $folder/package-lock.json -nt $installed || $folder/package.json -nt $installed ]]; then
    (cd -- "$folder" && npm ci --no-audit --no-fund --loglevel=error) >&2
  fi
}

# Does the same for Python, in $venv. The copy of requirements.txt records what is installed, so it
# is made last.
install_python_packages() {
  cmp --quiet -- "$interop/grpc/requirements.txt" "$venv/requirements.txt" && return
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r "$interop/grpc/requirements.txt" >&2
  cp -- "$interop/grpc/requirements.txt" "$venv/requirements.txt"
}

# Sets `paths` to those of the examples, in the order of their names: the given ones, which must be
# all, or else those that it builds.
#
#   find_examples "NAME..." [PATH...]
find_examples() {
  local names name
  read -ra names <<<"$1"
  paths=("${@:2}")
  ((${#paths[@]} == ${#names[@]})) && return
  if ((${#paths[@]} != 0)); then
    echo "usage: $0 [${names[*]/#/PATH-OF-}]" >&2
    exit 2
  fi
  cargo build --release "${names[@]/#/--example=}" --features full --manifest-path "$root/Cargo.toml" >&2
  for name in "${names[@]}"; do paths+=("$target/release/examples/$name"); done
}
