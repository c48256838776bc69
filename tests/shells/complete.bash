#!/usr/bin/env bash
# complete.bash SCRIPT WORD...: what bash offers for the last of the words of a command line.
# shellcheck source=/dev/null
. "$1"
shift
COMP_WORDS=("$@")
# shellcheck disable=SC2034
COMP_CWORD=$(($# - 1))
_fetchall
printf '%s\n' "${COMPREPLY[@]}"
