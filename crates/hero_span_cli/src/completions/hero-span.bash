# Completions of hero-span, for bash. They ask hero-span itself.

_hero_span() {
    local line=${COMP_LINE:0:COMP_POINT} words=() last answer
    # Split at white space only, while names have : and =, where bash splits
    # too. Without -r a backslash keeps what it stands before, as on the line.
    read -a words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    # What bash is about to replace, and what it takes for earlier words.
    read last <<< "$2"
    local before=${words[${#words[@]} - 1]%"$last"}
    COMPREPLY=()
    while IFS= read -r answer || [[ -n $answer ]]; do
        printf -v answer %q "${answer#"$before"}"
        COMPREPLY+=("$answer")
    done < <(
        _CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) HERO_SPAN_COMPLETE=bash \
            hero-span -- "${words[@]}" 2> /dev/null
    )
    if [[ ${COMPREPLY[0]-} == *[=/:] ]]; then
        compopt -o nospace 2> /dev/null
    fi
}

complete -o bashdefault -o default -F _hero_span hero-span
