#!/usr/bin/env bash
# Makes programs of Debian's packages available to tests, without installing them in the system.
#
#   .ci/debian.sh FOLDER
#
# Downloads the packages, unpacks them into FOLDER, and writes FOLDER/bin/NAME for each program. The
# packages are those that a small Debian lacks; other libraries that they need are in every one.
set -euo pipefail

folder=$(realpath -m -- "$1")
packages=(nginx haproxy apache2-bin libapr1 libaprutil1 liblua5.3-0 libopentracing1 libopentracing-c-wrapper0)

[[ -e $folder/complete ]] && exit
rm -rf -- "$folder"
mkdir -p -- "$folder/bin" "$folder/packages"
cd -- "$folder/packages"
# The lists of packages may be missing or older than the packages.
apt-get download --quiet "${packages[@]}" || { apt-get update --quiet && apt-get download --quiet "${packages[@]}"; }
for package in *.deb; do dpkg-deb --extract "$package" "$folder/root"; done
rm -rf -- "$folder/packages"

libraries=$folder/root/usr/lib/$(dpkg-architecture --query DEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
for program in nginx haproxy apache2; do
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$libraries" "$folder/root/usr/sbin/$program" >"$folder/bin/$program"
  chmod +x -- "$folder/bin/$program"
done
touch -- "$folder/complete"
