#!/usr/bin/env zsh
# complete.zsh FOLDER LINE: what zsh makes of LINE when Tab is pressed at its end.  FOLDER is empty,
# but for the completion function _fetchall.
cat >"$1/.zshrc" <<'RC'
PROMPT=
fpath=($ZDOTDIR $fpath)
autoload -Uz compinit && compinit -u -D
show() { zle complete-word; print -r -- "<$BUFFER>" }
zle -N show
bindkey '^T' show
RC
zmodload zsh/zpty
export ZDOTDIR=$1 TERM=vt100
zpty shell zsh -i
zpty -w -n shell "$2"$'\x14'
zpty -r shell printed '*<*>*'
print -r -- ${${printed#*<}%%>*}
