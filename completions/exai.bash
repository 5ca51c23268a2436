# bash completion for exai: the binary knows what may stand where.
_exai() {
  local IFS=$'\n' mode line
  local -a answer
  mapfile -t answer < <(exai __complete "$COMP_CWORD" -- "${COMP_WORDS[@]}" 2>/dev/null)
  mode=${answer[0]:-:words}
  COMPREPLY=()
  for line in "${answer[@]:1}"; do
    COMPREPLY+=("${line%%$'\t'*}")
  done
  if [[ $mode == :files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
  fi
}
complete -F _exai exai
