#!/usr/bin/env fish
# complete.fish SCRIPT LINE: what fish offers for LINE.
source $argv[1]
complete -C $argv[2]
