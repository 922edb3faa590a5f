#!/bin/sh
# Builds the image from Debian packages, without a registry:
#   deploy/image/build.sh [TAG]        (Debian packages mmdebstrap and buildah, as root)
# Options for buildah, such as volumes with a package index of your own: BUILDAH_OPTIONS.
set -eu
cd "$(dirname "$0")/../.."
tag=${1:-localhost/sluice}
suite=${SUITE:-bookworm}
mirror=${MIRROR:-http://deb.debian.org/debian}

# A base like debian:bookworm-slim: the packages that Debian calls essential, and apt.
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mmdebstrap --variant=apt --include=ca-certificates "$suite" "$root/base.tar" \
  "deb $mirror $suite main" "deb $mirror $suite-updates main"
container=$(buildah from scratch)
buildah add --quiet "$container" "$root/base.tar" /
buildah commit --quiet --rm "$container" localhost/sluice-base

# shellcheck disable=SC2086
buildah bud --isolation chroot --network host --format docker ${BUILDAH_OPTIONS:-} \
  --build-arg BASE=localhost/sluice-base --ignorefile deploy/image/containerignore \
  --file deploy/image/Containerfile --tag "$tag" .
