#!/bin/sh
# mirror.sh: mirror the files listed in a SHA256SUMS, and verify each of them.
#
#     mirror.sh URL DIR          URL is the directory that contains SHA256SUMS
#
# SHA256SUMS is downloaded first and converted to a list with a checksum for every entry: a file that
# does not match never gets its name.  Run it again to update DIR: --sync checks whether each
# file has changed, and interrupted downloads are resumed.  At the end
# sha256sum verifies every byte on disk, independently of fetchall.
#
# Such checksums detect damage and incomplete mirrors, not malice: they come from the same server as
# the files.  If SHA256SUMS is signed (SHA256SUMS.gpg), verify the signature first.
#
# The exit status is that of fetchall, or 3 if sha256sum disagrees.
set -eu
export LC_ALL=C

fetchall=${FETCHALL:-fetchall}
if [ $# -ne 2 ]; then
    echo "usage: mirror.sh URL DIR" >&2
    exit 2
fi
base=${1%/}
dir=$2
case $dir in
/*) ;;
*) dir=./$dir ;;
esac
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$fetchall" -q --no-state -d "$tmp" "$base/SHA256SUMS"

# "DIGEST  NAME" becomes URL, out= and checksum=.  A name is encoded for the URL and left as it is
# for the file.  Unknown lines (names with a line feed begin with a backslash)
# would be files missing from the mirror, so they are an error.  So are names that a list or
# sha256sum would misinterpret (control characters, spaces at the ends, "-"), and those
# that collide with SHA256SUMS itself; names outside of DIR are rejected by fetchall.
base=$base awk '
    BEGIN {
        for (i = 1; i < 256; ++i)
            code[sprintf("%c", i)] = i
    }
    function encode(name,    i, c, out) {
        for (i = 1; i <= length(name); ++i) {
            c = substr(name, i, 1)
            out = out (c ~ /[A-Za-z0-9\/._~-]/ ? c : sprintf("%%%02X", code[c]))
        }
        return out
    }
    {
        digest = substr($0, 1, 64)
        name = substr($0, 67)
        sub(/^\.\//, "", name)
        if (length(digest) != 64 || digest !~ /^[0-9a-f]+$/ || $0 !~ /^[0-9a-f]+ [ *]./ ||
            name ~ /[[:cntrl:]]/ || name ~ /^ | $/ || name == "" || name == "-" ||
            name ~ /^\.?SHA256SUMS/) {
            print "mirror: SHA256SUMS, line " NR ", is not understood" > "/dev/stderr"
            bad = 1
        } else {
            printf "%s/%s\n out=%s\n checksum=sha256=%s\n", ENVIRON["base"], encode(name), name,
                digest
        }
    }
    END { exit bad }' "$tmp/SHA256SUMS" >"$tmp/list"

"$fetchall" --sync -d "$dir" "$tmp/list"

# Publish the list of files last: whoever sees it finds all of them.
new=$(mktemp "$dir/.SHA256SUMS.XXXXXX")
cat "$tmp/SHA256SUMS" >"$new"
chmod +r "$new"
mv -T "$new" "$dir/SHA256SUMS"
(cd "$dir" && sha256sum --quiet -c SHA256SUMS) || exit 3
echo "mirror: $(wc -l <"$dir/SHA256SUMS") files in $2 are as $base says"
