
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'bllvmctl' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'bllvmctl'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'bllvmctl' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the daemon beside a node')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the state of a node and of the daemon on one screen')
            [CompletionResult]::new('health', 'health', [CompletionResultType]::ParameterValue, 'Ask whether a node is healthy; exit with 0 or 1')
            [CompletionResult]::new('metrics', 'metrics', [CompletionResultType]::ParameterValue, 'Show metrics by name')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete old blocks by size, by height or down to the configured target')
            [CompletionResult]::new('lease', 'lease', [CompletionResultType]::ParameterValue, 'Show or change leases, which hold blocks back from pruning')
            [CompletionResult]::new('queue', 'queue', [CompletionResultType]::ParameterValue, 'Show or change the queue of lost peers')
            [CompletionResult]::new('peers', 'peers', [CompletionResultType]::ParameterValue, 'Show peers and their quality, or change which are kept connected')
            [CompletionResult]::new('limits', 'limits', [CompletionResultType]::ParameterValue, 'Show the limits of the gateway, or explain them for one call')
            [CompletionResult]::new('nodes', 'nodes', [CompletionResultType]::ParameterValue, 'Show the nodes and who serves, drain or maintain one, or explain a call')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Check, show, write or reload the configuration')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print completions for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Show the help of a command, like --help')
            break
        }
        'bllvmctl;serve' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Listen at this address instead of at rpc.listen, such as 127.0.0.1:18332')
            [CompletionResult]::new('--nodes', '--nodes', [CompletionResultType]::ParameterName, 'With --dev: run so many nodes, each of them killed by a command that is printed, and the gateway before them')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--dev', '--dev', [CompletionResultType]::ParameterName, 'Run a temporary regtest node with miner and peers, to try the commands; read no configuration')
            [CompletionResult]::new('--dev-node', '--dev-node', [CompletionResultType]::ParameterName, 'Run as one of these nodes: end with the standard input')
            [CompletionResult]::new('--reindex', '--reindex', [CompletionResultType]::ParameterName, 'Rebuild the database of the embedded node from its block files')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;status' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;health' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until the answer is yes, at most this long, such as 10m')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--live', '--live', [CompletionResultType]::ParameterName, 'Ask whether the node is alive, or should be restarted')
            [CompletionResult]::new('--ready', '--ready', [CompletionResultType]::ParameterName, 'Ask whether the node is ready for traffic')
            [CompletionResult]::new('--detailed', '--detailed', [CompletionResultType]::ParameterName, 'Ask whether the node is healthy, and show everything that is known')
            [CompletionResult]::new('--nagios', '--nagios', [CompletionResultType]::ParameterName, 'Print one Nagios plugin line and exit with 0 OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;metrics' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Print the text that Prometheus scrapes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;prune' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Prune until the usage is at most this, such as 80G')
            [CompletionResult]::new('--to-height', '--to-height', [CompletionResultType]::ParameterName, 'Prune the blocks up to this height')
            [CompletionResult]::new('--keep-blocks', '--keep-blocks', [CompletionResultType]::ParameterName, 'Prune all but this many blocks at the tip, at least 288')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the plan and delete nothing')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Start the job and do not wait for its end')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the running and the last job, the usage and the forecast')
            [CompletionResult]::new('cancel', 'cancel', [CompletionResultType]::ParameterValue, 'Cancel the running job after the call that the node is working on')
            break
        }
        'bllvmctl;prune;status' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;prune;cancel' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;lease' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the leases in force')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a lease, or renew the one with this name')
            [CompletionResult]::new('release', 'release', [CompletionResultType]::ParameterValue, 'End a lease')
            break
        }
        'bllvmctl;lease;list' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;lease;add' {
            [CompletionResult]::new('--from-height', '--from-height', [CompletionResultType]::ParameterName, 'Keep the block at this height and all above')
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'Keep this many blocks at the tip')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'End the lease after this time, such as 24h, or never')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;lease;release' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the lost peers (the default)')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Queue a peer as if it had just been lost')
            [CompletionResult]::new('retry', 'retry', [CompletionResultType]::ParameterValue, 'Dial a peer at once, with all its retries; abandoned ones too')
            [CompletionResult]::new('drop', 'drop', [CompletionResultType]::ParameterValue, 'Remove a peer from the queue')
            [CompletionResult]::new('pause', 'pause', [CompletionResultType]::ParameterValue, 'Stop dialling until resumed, also over restarts')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Resume dialling')
            break
        }
        'bllvmctl;queue;list' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue;add' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue;retry' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Dial all peers of the queue')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue;drop' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue;pause' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue;resume' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;peers' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the connected peers and those to keep connected (the default)')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Keep a peer connected from now on, also over restarts')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Stop keeping a peer connected, and disconnect it')
            break
        }
        'bllvmctl;peers;list' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;peers;add' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;peers;remove' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;limits' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the limits in force (the default)')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Report whether a call would pass now, and why; exit with 0 or 1')
            break
        }
        'bllvmctl;limits;show' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;limits;explain' {
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Assume a call of this user of rpc.auth.users')
            [CompletionResult]::new('--ip', '--ip', [CompletionResultType]::ParameterName, 'Assume a client at this address [default: 127.0.0.1]')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'Assume a call of this method')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;nodes' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the nodes, and why those are out that are out (the default)')
            [CompletionResult]::new('drain', 'drain', [CompletionResultType]::ParameterValue, 'Take a node out of the rotation, also over restarts')
            [CompletionResult]::new('undrain', 'undrain', [CompletionResultType]::ParameterValue, 'Put a drained node back into the rotation')
            [CompletionResult]::new('maintain', 'maintain', [CompletionResultType]::ParameterValue, 'Run a command while a node is drained, and put it back once it is ready')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Report which node would get a call, and why the others would not; exit with 0 or 1')
            break
        }
        'bllvmctl;nodes;list' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat at this interval, such as 2 or 0.5, until interrupted')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;nodes;drain' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Show this reason where the node is shown')
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'End the drain after this time, such as 2h')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Drain it even if too few nodes are left in rotation')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;nodes;undrain' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;nodes;maintain' {
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait at most this long until no call is in flight, and as long until the node is ready again')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;nodes;explain' {
            [CompletionResult]::new('--wallet', '--wallet', [CompletionResultType]::ParameterName, 'Assume a call at the path of this wallet')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Assume a call of this user of rpc.auth.users')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;config' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Report every problem of a configuration and of what it refers to')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the configuration that the daemon would use')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a key: its values and where they come from, its default and its meaning')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented configuration to start from')
            [CompletionResult]::new('reload', 'reload', [CompletionResultType]::ParameterValue, 'Reload the configuration of the running daemon')
            break
        }
        'bllvmctl;config;check' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Check the file alone: test no node, directory or listener')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;config;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Show where each value comes from')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;config;explain' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;config;init' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;config;reload' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;completions' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;help' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Read this configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Connect to the daemon at this URL [env: BLLVMCTL_URL; else rpc.ops_listen or rpc.listen of the configuration]; several times for nodes drain, undrain and maintain')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the control token from this file [env: BLLVMCTL_TOKEN_FILE; else rpc.control_token_file, or control.cookie in state_dir]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'Select the node with this name in the configuration [default: the only one; what only shows, shows all]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait at most this long for each answer of the daemon, such as 10 or 2m [default: 10]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, unless NO_COLOR is set]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print the result in this format [default: table]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
