# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_bllvmctl_global_optspecs
    string join \n w/watch= config= url= token-file= timeout= q/quiet color= o/output= h/help V/version
end

function __fish_bllvmctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_bllvmctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_bllvmctl_using_subcommand
    set -l cmd (__fish_bllvmctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -s V -l version -d 'Print version'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "serve" -d 'Run the daemon beside a node'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "status" -d 'Show everything on one screen'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "health" -d 'Ask whether the node is healthy; the exit code is the answer'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "metrics" -d 'Show metrics, by name'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "prune" -d 'Delete old blocks, by size, by height or down to the configured target'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "lease" -d 'Hold blocks back from pruning, for a time'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "queue" -d 'Show or change the queue of lost peers'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "peers" -d 'Show peers and what they are worth, keep one connected, or let it go'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "limits" -d 'Show the limits of the front, or what they make of one caller'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "config" -d 'Check, show, write or reload the configuration'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "completions" -d 'Print the completions for a shell'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "help" -d 'Show the help of a command, as --help does'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l listen -d 'Listen here instead of at rpc.listen' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l dev -d 'Read no configuration: a throw-away node that mines, with peers, to try everything on'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l reindex -d 'Rebuild the embedded node\'s database from its block files'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l wait -d 'Wait for a yes, at most so long, such as 10m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l live -d 'Is it alive: should it be restarted?'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l ready -d 'Is it ready: may traffic be sent to it?'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l detailed -d 'Is all well: with the numbers behind each check'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l nagios -d 'One line and an exit code for Nagios and its kin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l raw -d 'As Prometheus gets them'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l to -d 'Down to this usage, such as 80G' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l to-height -d 'Up to this height' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l keep-blocks -d 'All but so many blocks at the tip, at least 288' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l dry-run -d 'Show the plan, and delete nothing'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -s y -l yes -d 'Do not ask'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l no-wait -d 'Do not wait for the end'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -f -a "status" -d 'Show the running or last job, and when the disk will be full'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -f -a "cancel" -d 'Have the running job send no further call to the node'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -f -a "list" -d 'Show the leases in force'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -f -a "add" -d 'Add a lease, or renew the one of this name'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -f -a "release" -d 'End a lease'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l from-height -d 'Keep this height and all above' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l last -d 'Keep so many blocks at the tip' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l ttl -d 'For how long, such as 24h, or never to end' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "list" -d 'List the lost peers; so does the command alone'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "add" -d 'Queue a peer for one episode, as if it had just been lost'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "retry" -d 'Make a peer due at once, with all its retries; also an abandoned one'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "drop" -d 'Take a peer out of the queue'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "pause" -d 'Begin no attempts until resumed, also after a restart'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "resume" -d 'Begin attempts again'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l all -d 'All peers in the queue'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -f -a "list" -d 'List the peers that are connected or kept; so does the command alone'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -f -a "add" -d 'Keep a peer connected from now on, also after a restart'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -f -a "remove" -d 'Keep a peer no more, and disconnect it'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -f -a "show" -d 'Show the limits in force; so does the command alone'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -f -a "explain" -d 'Tell whether a call would pass now, and why; the exit code is the answer'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -s w -l watch -d 'Repeat every so many seconds' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l user -d 'The user, as in rpc.auth.users' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l ip -d 'The client\'s address; 127.0.0.1 if not given' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l method -d 'The method it calls' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -f -a "check" -d 'Tell everything that is wrong with a configuration and its surroundings'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -f -a "show" -d 'Show the configuration in force, as the daemon would read it'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -f -a "init" -d 'Write a configuration to begin with'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show init reload" -f -a "reload" -d 'Make the running daemon read its configuration again'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l offline -d 'Only the file: test neither the node nor directories nor listeners'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Tell where each value comes from'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l config -d 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l url -d 'The daemon\'s address [env: BLLVMCTL_URL; else the listener of the configuration]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l token-file -d 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon\'s cookie in its state directory]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l timeout -d 'Longest time to wait for the daemon, such as 10 or 2m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l color -d 'When to use colours; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Also into a pipe'
never\t'Not at all'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -s o -l output -d 'Form of the result' -r -f -a "table\t'For people, no wider than the terminal'
wide\t'For people, every column whole'
json\t'One document, for programs'
tsv\t'Tab-separated, for scripts'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -s q -l quiet -d 'Say nothing but errors'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
