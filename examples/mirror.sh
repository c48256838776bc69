#!/bin/sh
# mirror.sh: mirror the files that a SHA256SUMS lists, and check each of them.
#
#     mirror.sh URL DIR          URL is the folder that SHA256SUMS lies in
#
# SHA256SUMS is fetched first and becomes a list in which every entry has its checksum: a file that
# does not match never gets its name.  Run it again to bring DIR up to date: --sync asks for each
# file whether it has changed, and what was under way when a run was ended goes on.  At last
# sha256sum looks at every byte on the disk, independently of fetchall.
#
# Such checksums find damage and half-done mirrors, not malice: they come from where the files come
# from.  Where SHA256SUMS is signed (SHA256SUMS.gpg), check that first.
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
# for the file.  Lines that are not understood (names with a line feed begin with a backslash)
# would be files that are missing from the mirror, so they are an error.  So are names that a list or
# sha256sum would read as something else (control characters, blanks at the ends, "-"), and those
# that would be in the way of SHA256SUMS itself; names that lead out of DIR are refused by fetchall.
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

# The list of what is there comes last: who sees it finds all files.
new=$(mktemp "$dir/.SHA256SUMS.XXXXXX")
cat "$tmp/SHA256SUMS" >"$new"
chmod +r "$new"
mv -T "$new" "$dir/SHA256SUMS"
(cd "$dir" && sha256sum --quiet -c SHA256SUMS) || exit 3
echo "mirror: $(wc -l <"$dir/SHA256SUMS") files in $2 are as $base says"
