# bash completion for exai: the binary knows what may stand where.
_exai() {
  local IFS=$'\n' mode line at=0 place prefix=''
  local -a answer words=()
  # bash breaks a word at "=": what belongs together is put together again, --flag=value among it.
  for ((place = 0; place <= COMP_CWORD; place++)); do
    line=${COMP_WORDS[place]}
    if ((at > 0)) && { [[ $line == '=' && ${words[at - 1]} == --* ]] || [[ ${words[at - 1]} == --*= ]]; }; then
      words[at - 1]+=$line
    else
      words[at++]=$line
    fi
  done
  [[ ${words[at - 1]} == --*=* && ${COMP_WORDS[COMP_CWORD]} != --* ]] && prefix=${words[at - 1]%%=*}=
  mapfile -t answer < <(exai __complete "$((at - 1))" -- "${words[@]}" 2>/dev/null)
  mode=${answer[0]:-:words}
  COMPREPLY=()
  for line in "${answer[@]:1}"; do
    line=${line%%$'\t'*}
    COMPREPLY+=("${line#"$prefix"}")
  done
  if [[ $mode == :files ]]; then
    compopt -o filenames 2>/dev/null
    line=${words[at - 1]}
    local flag=''
    [[ $line == --*=* ]] && flag=${line%%=*}= && line=${line#*=}
    [[ -n $prefix ]] && flag=''
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -P "$flag" -f -- "$line")
  fi
}
complete -F _exai exai
