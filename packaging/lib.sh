# What the packages share: version, time, the static binary. Sourced by
# deb/build and oci/build, in the repository's root.
#
#   HOLDFAST_VERSION   the version; by default that of the tag, or of the commit
#   SOURCE_DATE_EPOCH  the time of everything in a package; by default the commit's
#   HOLDFAST_BINARY    a static binary to pack; by default it is built
#   GOARCH             for which processor; by default this one's
#   GOFIPS140          v1.0.0: with the validated cryptographic module

command -v go >/dev/null || export PATH=$PATH:/usr/local/go/bin
export LC_ALL=C TZ=UTC
umask 022

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

version() {
  local tag
  if [ -n "${HOLDFAST_VERSION:-}" ]; then
    echo "$HOLDFAST_VERSION"
  elif tag=$(git describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null); then
    echo "${tag#v}"
  else # sorts before every release
    echo "0~git$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d.%H%M).$(git rev-parse --short=10 HEAD 2>/dev/null || echo unknown)"
  fi
}

arch() { go env GOARCH; }

# binary FILE puts the static binary there.
binary() {
  if [ -n "${HOLDFAST_BINARY:-}" ]; then
    install -m 755 "$HOLDFAST_BINARY" "$1"
  else
    CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$1" ./cmd/holdfast
    chmod 755 "$1"
  fi
}

# tree FILE DIR: a tar of DIR whose bytes depend on names, modes and contents alone.
tree() {
  tar --create --file "$1" --directory "$2" --format=ustar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner "${@:3}" .
}
