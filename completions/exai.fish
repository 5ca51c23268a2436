# fish completion for exai: the binary knows what may stand where.
function __exai_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (exai __complete (count $before) -- $before $current 2>/dev/null)
    for line in $answer[2..-1]
        echo $line
    end
    if test "$answer[1]" = :files
        __fish_complete_path $current
    end
end
complete -c exai -f -a '(__exai_complete)'
