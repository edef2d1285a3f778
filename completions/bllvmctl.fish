# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_bllvmctl_global_optspecs
    string join \n w/watch= config= url= ca-file= token-file= node= timeout= q/quiet color= o/output= h/help V/version
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

complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -s V -l version -d 'Print version'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "serve" -d 'Run the daemon beside a node'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "status" -d 'Show the state of a node and of the daemon on one screen'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "top" -d 'Show what is wrong, since when, what to do, and the numbers, live'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "health" -d 'Ask whether a node is healthy; exit with 0 or 1'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "metrics" -d 'Show metrics by name'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "prune" -d 'Delete old blocks by size, by height or down to the configured target'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "lease" -d 'Show or change leases, which hold blocks back from pruning'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "queue" -d 'Show or change the queue of lost peers'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "peers" -d 'Show peers and their quality, or change which are kept connected'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "limits" -d 'Show the limits of the gateway, or explain them for one call'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "nodes" -d 'Show the nodes and who serves, drain or maintain one, or explain a call'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "notify" -d 'Test notifications'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "config" -d 'Check, show, write or reload the configuration'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "doctor" -d 'Diagnose daemon, node, configuration and machine'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "completions" -d 'Print completions for a shell'
complete -c bllvmctl -n "__fish_bllvmctl_needs_command" -f -a "help" -d 'Show the help of a command, like --help'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l listen -d 'Listen at this address instead of at rpc.listen, such as 127.0.0.1:18332' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l nodes -d 'With --dev: run so many nodes, each of them killed by a command that is printed, and the gateway before them' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l dev -d 'Run a temporary regtest node with miner and peers, to try the commands; read no configuration'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -l reindex -d 'Rebuild the database of the embedded node from its block files'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand top" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand top" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand top" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand top" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand top" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand top" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand top" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand top" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand top" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand top" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l wait -d 'Wait until the answer is yes, at most this long, such as 10m' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l live -d 'Ask whether the node is alive, or should be restarted'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l ready -d 'Ask whether the node is ready for traffic'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l detailed -d 'Ask whether the node is healthy, and show everything that is known'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -l nagios -d 'Print one Nagios plugin line and exit with 0 OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -l raw -d 'Print the text that Prometheus scrapes'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand metrics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l to -d 'Prune until the usage is at most this, such as 80G' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l to-height -d 'Prune the blocks up to this height' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l keep-blocks -d 'Prune all but this many blocks at the tip, at least 288' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l dry-run -d 'Show the plan and delete nothing'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -s y -l yes -d 'Do not ask for confirmation'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -l no-wait -d 'Start the job and do not wait for its end'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -f -a "status" -d 'Show the running and the last job, the usage and the forecast'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and not __fish_seen_subcommand_from status cancel" -f -a "cancel" -d 'Cancel the running job after the call that the node is working on'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand prune; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -f -a "list" -d 'List the leases in force'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -f -a "add" -d 'Add a lease, or renew the one with this name'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and not __fish_seen_subcommand_from list add release" -f -a "release" -d 'End a lease'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l from-height -d 'Keep the block at this height and all above' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l last -d 'Keep this many blocks at the tip' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l ttl -d 'End the lease after this time, such as 24h, or never' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand lease; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "list" -d 'List the lost peers (the default)'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "add" -d 'Queue a peer as if it had just been lost'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "retry" -d 'Dial a peer at once, with all its retries; abandoned ones too'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "drop" -d 'Remove a peer from the queue'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "pause" -d 'Stop dialling until resumed, also over restarts'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and not __fish_seen_subcommand_from list add retry drop pause resume" -f -a "resume" -d 'Resume dialling'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -l all -d 'Dial all peers of the queue'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from drop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand queue; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -f -a "list" -d 'List the connected peers and those to keep connected (the default)'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -f -a "add" -d 'Keep a peer connected from now on, also over restarts'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and not __fish_seen_subcommand_from list add remove" -f -a "remove" -d 'Stop keeping a peer connected, and disconnect it'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand peers; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -f -a "show" -d 'Show the limits in force (the default)'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and not __fish_seen_subcommand_from show explain" -f -a "explain" -d 'Report whether a call would pass now, and why; exit with 0 or 1'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l user -d 'Assume a call of this user of rpc.auth.users' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l ip -d 'Assume a client at this address [default: 127.0.0.1]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l method -d 'Assume a call of this method' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand limits; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -f -a "list" -d 'List the nodes, and why some are out of rotation (the default)'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -f -a "drain" -d 'Take a node out of the rotation, also over restarts'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -f -a "undrain" -d 'Put a drained node back into the rotation'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -f -a "maintain" -d 'Run a command while a node is drained, and put it back once it is ready'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and not __fish_seen_subcommand_from list drain undrain maintain explain" -f -a "explain" -d 'Report which node would get a call, and why the others would not; exit with 0 or 1'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -s w -l watch -d 'Repeat at this interval, such as 2 or 0.5, until interrupted' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -l reason -d 'Show this reason where the node is shown' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -l for -d 'End the drain after this time, such as 2h' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -l force -d 'Drain it even if too few nodes are left in rotation'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from drain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from undrain" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from undrain" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from undrain" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from undrain" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from undrain" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from undrain" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from undrain" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from undrain" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from undrain" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from undrain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from maintain" -l wait -d 'Wait at most this long until no call is in flight, and as long until the node is ready again' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from maintain" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from maintain" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from maintain" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from maintain" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from maintain" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from maintain" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from maintain" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from maintain" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from maintain" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from maintain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -l wallet -d 'Assume a call at the path of this wallet' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -l user -d 'Assume a call of this user of rpc.auth.users' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand nodes; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and not __fish_seen_subcommand_from test" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and not __fish_seen_subcommand_from test" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and not __fish_seen_subcommand_from test" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and not __fish_seen_subcommand_from test" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and not __fish_seen_subcommand_from test" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and not __fish_seen_subcommand_from test" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and not __fish_seen_subcommand_from test" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and not __fish_seen_subcommand_from test" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and not __fish_seen_subcommand_from test" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and not __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and not __fish_seen_subcommand_from test" -f -a "test" -d 'Send a test to webhooks and commands; exit with 0 if each took it, else with 1'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and __fish_seen_subcommand_from test" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and __fish_seen_subcommand_from test" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and __fish_seen_subcommand_from test" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and __fish_seen_subcommand_from test" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and __fish_seen_subcommand_from test" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and __fish_seen_subcommand_from test" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and __fish_seen_subcommand_from test" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and __fish_seen_subcommand_from test" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand notify; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -f -a "check" -d 'Report every problem of a configuration and of what it refers to'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -f -a "show" -d 'Show the configuration that the daemon would use'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -f -a "explain" -d 'Explain a key: its values and where they come from, its default and its meaning'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -f -a "init" -d 'Write a commented configuration to start from'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and not __fish_seen_subcommand_from check show explain init reload" -f -a "reload" -d 'Reload the configuration of the running daemon'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -l offline -d 'Check the file alone: test no node, directory or listener'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Show where each value comes from'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from explain" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from explain" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from explain" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from explain" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from explain" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from explain" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from explain" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from explain" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l from-node -d 'Write what the node that runs on this machine needs, and check it; with several nodes name the directory of one' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand config; and __fish_seen_subcommand_from reload" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -l bundle -d 'Write a support archive (tar) to this file, which must not exist yet, without secrets, addresses and names of users' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -l active -d 'Also take and release a lease, try the limits on a caller that does not exist, and send a test through each notification'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -l with-addresses -d 'Leave addresses and names in the archive'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l config -d 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l url -d 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else control.sock in state_dir, then rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l ca-file -d 'Trust the CA in this file alone, with a --url that begins with https:// [default: those of the system]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l token-file -d 'Read the control token from this file, and ask the listener [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]' -r -F
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l node -d 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l timeout -d 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]' -r
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -l color -d 'Use colours [default: auto, unless NO_COLOR is set]' -r -f -a "auto\t'Colours on a terminal'
always\t'Colours into a pipe too'
never\t'No colours'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -s o -l output -d 'Print the result in this format [default: table]' -r -f -a "table\t'Columns for people, cut at the width of the terminal'
wide\t'Every column, none cut'
json\t'One JSON document'
tsv\t'Tab-separated values with a header line'"
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -s q -l quiet -d 'Print errors only'
complete -c bllvmctl -n "__fish_bllvmctl_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'

function __fish_bllvmctl_names
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    command $program complete -- $words (commandline -ct) 2>/dev/null
end

complete -c bllvmctl -f -a "(__fish_bllvmctl_names)"
