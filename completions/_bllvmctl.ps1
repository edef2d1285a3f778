
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
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the daemon beside a node')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show everything on one screen')
            [CompletionResult]::new('health', 'health', [CompletionResultType]::ParameterValue, 'Ask whether the node is healthy; the exit code is the answer')
            [CompletionResult]::new('metrics', 'metrics', [CompletionResultType]::ParameterValue, 'Show metrics, by name')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete old blocks, by size, by height or down to the configured target')
            [CompletionResult]::new('lease', 'lease', [CompletionResultType]::ParameterValue, 'Hold blocks back from pruning, for a time')
            [CompletionResult]::new('queue', 'queue', [CompletionResultType]::ParameterValue, 'Show or change the queue of lost peers')
            [CompletionResult]::new('peers', 'peers', [CompletionResultType]::ParameterValue, 'Show peers and what they are worth, keep one connected, or let it go')
            [CompletionResult]::new('limits', 'limits', [CompletionResultType]::ParameterValue, 'Show the limits of the front, or what they make of one caller')
            [CompletionResult]::new('nodes', 'nodes', [CompletionResultType]::ParameterValue, 'Show the nodes of the daemon, and how they are')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Check, show, write or reload the configuration')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Show the help of a command, as --help does')
            break
        }
        'bllvmctl;serve' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Listen here instead of at rpc.listen')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--dev', '--dev', [CompletionResultType]::ParameterName, 'Read no configuration: a throw-away node that mines, with peers, to try everything on')
            [CompletionResult]::new('--reindex', '--reindex', [CompletionResultType]::ParameterName, 'Rebuild the embedded node''s database from its block files')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;status' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;health' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait for a yes, at most so long, such as 10m')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--live', '--live', [CompletionResultType]::ParameterName, 'Is it alive: should it be restarted?')
            [CompletionResult]::new('--ready', '--ready', [CompletionResultType]::ParameterName, 'Is it ready: may traffic be sent to it?')
            [CompletionResult]::new('--detailed', '--detailed', [CompletionResultType]::ParameterName, 'Is all well: with the numbers behind each check')
            [CompletionResult]::new('--nagios', '--nagios', [CompletionResultType]::ParameterName, 'One line and an exit code for Nagios and its kin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;metrics' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'As Prometheus gets them')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;prune' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Down to this usage, such as 80G')
            [CompletionResult]::new('--to-height', '--to-height', [CompletionResultType]::ParameterName, 'Up to this height')
            [CompletionResult]::new('--keep-blocks', '--keep-blocks', [CompletionResultType]::ParameterName, 'All but so many blocks at the tip, at least 288')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show the plan, and delete nothing')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--no-wait', '--no-wait', [CompletionResultType]::ParameterName, 'Do not wait for the end')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the running or last job, and when the disk will be full')
            [CompletionResult]::new('cancel', 'cancel', [CompletionResultType]::ParameterValue, 'Have the running job send no further call to the node')
            break
        }
        'bllvmctl;prune;status' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;prune;cancel' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;lease' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show the leases in force')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a lease, or renew the one of this name')
            [CompletionResult]::new('release', 'release', [CompletionResultType]::ParameterValue, 'End a lease')
            break
        }
        'bllvmctl;lease;list' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;lease;add' {
            [CompletionResult]::new('--from-height', '--from-height', [CompletionResultType]::ParameterName, 'Keep this height and all above')
            [CompletionResult]::new('--last', '--last', [CompletionResultType]::ParameterName, 'Keep so many blocks at the tip')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'For how long, such as 24h, or never to end')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;lease;release' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the lost peers; so does the command alone')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Queue a peer for one episode, as if it had just been lost')
            [CompletionResult]::new('retry', 'retry', [CompletionResultType]::ParameterValue, 'Make a peer due at once, with all its retries; also an abandoned one')
            [CompletionResult]::new('drop', 'drop', [CompletionResultType]::ParameterValue, 'Take a peer out of the queue')
            [CompletionResult]::new('pause', 'pause', [CompletionResultType]::ParameterValue, 'Begin no attempts until resumed, also after a restart')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Begin attempts again')
            break
        }
        'bllvmctl;queue;list' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue;add' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue;retry' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All peers in the queue')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue;drop' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue;pause' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;queue;resume' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;peers' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the peers that are connected or kept; so does the command alone')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Keep a peer connected from now on, also after a restart')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Keep a peer no more, and disconnect it')
            break
        }
        'bllvmctl;peers;list' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;peers;add' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;peers;remove' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;limits' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the limits in force; so does the command alone')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Tell whether a call would pass now, and why; the exit code is the answer')
            break
        }
        'bllvmctl;limits;show' {
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;limits;explain' {
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'The user, as in rpc.auth.users')
            [CompletionResult]::new('--ip', '--ip', [CompletionResultType]::ParameterName, 'The client''s address; 127.0.0.1 if not given')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'The method it calls')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;nodes' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the nodes; so does the command alone')
            break
        }
        'bllvmctl;nodes;list' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Repeat every so many seconds')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;config' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Tell everything that is wrong with a configuration and its surroundings')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the configuration in force, as the daemon would read it')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a configuration to begin with')
            [CompletionResult]::new('reload', 'reload', [CompletionResultType]::ParameterValue, 'Make the running daemon read its configuration again')
            break
        }
        'bllvmctl;config;check' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Only the file: test neither the node nor directories nor listeners')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;config;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Tell where each value comes from')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;config;init' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;config;reload' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;completions' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'bllvmctl;help' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]')
            [CompletionResult]::new('--node', '--node', [CompletionResultType]::ParameterName, 'The node that the command is about, by the name in the configuration [default: the only one]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for the daemon, such as 10 or 2m')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours; NO_COLOR is honoured')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Form of the result')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing but errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
