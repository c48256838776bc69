# Lines "ROUND|NAME|SECONDS|KB|USER|SYSTEM|STATUS|right or wrong" to a table of Markdown and, where
# there are peers, to lines that say to whom we lost.  Ratios are medians of the rounds' ratios.
#
#     awk -F'|' -v files=COUNT -v base=NAME -v peers=0|1 -f table.awk RESULTS

function median(v, n,   i, j, x) {
    for (i = 2; i <= n; i++) {
        x = v[i]
        for (j = i - 1; j > 0 && v[j] > x; j--)
            v[j + 1] = v[j]
        v[j + 1] = x
    }
    return v[int((n + 1) / 2)]
}

# Of NAME's column, or of its ratio to that of OTHER.
function typical(column, name, other,   round, v, n) {
    for (round = 1; round <= rounds; round++)
        if ((column, name, round) in value && (other == "" || (column, other, round) in value))
            v[++n] = value[column, name, round] / (other == "" ? 1 : value[column, other, round])
    return n ? median(v, n) : 0
}

function ours(name) { return name ~ /^fetchall/ }

# To whom the default mode lost.
function losses(column, text,   i, j, ratio, line) {
    for (i = 1; i <= names; i++) {
        if (!ours(order[i]) || order[i] ~ / -m /)
            continue
        line = ""
        for (j = 1; j <= names; j++) {
            ratio = ours(order[j]) ? 0 : typical(column, order[i], order[j])
            if (ratio > 1.005)
                line = line (line ? ", " : "") sprintf("%s (%.2f times)", order[j], ratio)
        }
        printf "- %s %s: %s.\n", order[i], text, line ? line : "nobody"
    }
}

{
    if (!($2 in seen)) {
        seen[$2] = 1
        order[++names] = $2
    }
    if ($1 > rounds)
        rounds = $1
    value["wall", $2, $1] = $3
    value["cpu", $2, $1] = $5 + $6 > 0 ? $5 + $6 : 0.01
    if (!($2 in low) || $3 < low[$2])
        low[$2] = $3
    if ($3 > high[$2])
        high[$2] = $3
    if ($4 > peak[$2])
        peak[$2] = $4
    runs[$2]++
    right[$2] += $8 == "right" && $7 == 0
    if ($7 != 0)
        status[$2] = status[$2] " " $7
}

END {
    print "| contestant | median s | times " base " | spread s | CPU us a file | peak MB | files right |"
    print "|---|---|---|---|---|---|---|"
    for (i = 2; i <= names; i++) {
        name = order[i]
        for (j = i - 1; j > 0 && typical("wall", order[j]) > typical("wall", name); j--)
            order[j + 1] = order[j]
        order[j + 1] = name
    }
    for (i = 1; i <= names; i++) {
        name = order[i]
        printf "| %s | %.2f | %.2f | %.2f to %.2f | %.0f | %.1f | %d of %d runs%s |\n", name,
            typical("wall", name), typical("wall", name, base), low[name], high[name],
            typical("cpu", name) * 1e6 / files, peak[name] / 1024, right[name], runs[name],
            status[name] ? " (exit" status[name] ")" : ""
    }
    if (peers) {
        print ""
        losses("wall", "lost to")
        losses("cpu", "took more CPU time than")
    }
}
