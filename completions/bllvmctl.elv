
use builtin;
use str;

set edit:completion:arg-completer[bllvmctl] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'bllvmctl'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'bllvmctl'= {
            cand --config 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]'
            cand --url 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]'
            cand --token-file 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]'
            cand --timeout 'Longest time to wait for the daemon, such as 10s'
            cand --color 'When to use colours; NO_COLOR is honoured'
            cand -o 'Form of the result'
            cand --output 'Form of the result'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand serve 'Run the daemon beside a node'
            cand status 'Show everything on one screen'
            cand health 'Ask whether the node is healthy; the exit code is the answer'
            cand metrics 'Show metrics, by name'
            cand config 'Check, show, write or reload the configuration'
            cand completions 'Print the completions for a shell'
        }
        &'bllvmctl;serve'= {
            cand --config 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]'
            cand --url 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]'
            cand --token-file 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]'
            cand --timeout 'Longest time to wait for the daemon, such as 10s'
            cand --color 'When to use colours; NO_COLOR is honoured'
            cand --listen 'Listen here instead of at rpc.listen'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand --dev 'Read no configuration: a throw-away node that mines, with peers, to try everything on'
            cand --reindex 'Rebuild the embedded node''s database from its block files'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'bllvmctl;status'= {
            cand --config 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]'
            cand --url 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]'
            cand --token-file 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]'
            cand --timeout 'Longest time to wait for the daemon, such as 10s'
            cand --color 'When to use colours; NO_COLOR is honoured'
            cand -o 'Form of the result'
            cand --output 'Form of the result'
            cand -w 'Repeat every so many seconds'
            cand --watch 'Repeat every so many seconds'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'bllvmctl;health'= {
            cand --config 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]'
            cand --url 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]'
            cand --token-file 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]'
            cand --timeout 'Longest time to wait for the daemon, such as 10s'
            cand --color 'When to use colours; NO_COLOR is honoured'
            cand -o 'Form of the result'
            cand --output 'Form of the result'
            cand -w 'Repeat every so many seconds'
            cand --watch 'Repeat every so many seconds'
            cand --wait 'Wait for a yes, at most so long, such as 10m'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand --live 'Is it alive: should it be restarted?'
            cand --ready 'Is it ready: may traffic be sent to it?'
            cand --detailed 'Is all well: with the numbers behind each check'
            cand --nagios 'One line and an exit code for Nagios and its kin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'bllvmctl;metrics'= {
            cand --config 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]'
            cand --url 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]'
            cand --token-file 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]'
            cand --timeout 'Longest time to wait for the daemon, such as 10s'
            cand --color 'When to use colours; NO_COLOR is honoured'
            cand -o 'Form of the result'
            cand --output 'Form of the result'
            cand -w 'Repeat every so many seconds'
            cand --watch 'Repeat every so many seconds'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand --raw 'As Prometheus gets them'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'bllvmctl;config'= {
            cand --config 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]'
            cand --url 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]'
            cand --token-file 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]'
            cand --timeout 'Longest time to wait for the daemon, such as 10s'
            cand --color 'When to use colours; NO_COLOR is honoured'
            cand -o 'Form of the result'
            cand --output 'Form of the result'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand check 'Tell everything that is wrong with a configuration and its surroundings'
            cand show 'Show the configuration in force, as the daemon would read it'
            cand init 'Write a configuration to begin with'
            cand reload 'Make the running daemon read its configuration again'
        }
        &'bllvmctl;config;check'= {
            cand --config 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]'
            cand --url 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]'
            cand --token-file 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]'
            cand --timeout 'Longest time to wait for the daemon, such as 10s'
            cand --color 'When to use colours; NO_COLOR is honoured'
            cand -o 'Form of the result'
            cand --output 'Form of the result'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand --offline 'Only the file: test neither the node nor directories nor listeners'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'bllvmctl;config;show'= {
            cand --config 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]'
            cand --url 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]'
            cand --token-file 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]'
            cand --timeout 'Longest time to wait for the daemon, such as 10s'
            cand --color 'When to use colours; NO_COLOR is honoured'
            cand -o 'Form of the result'
            cand --output 'Form of the result'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand --origin 'Tell where each value comes from'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'bllvmctl;config;init'= {
            cand --config 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]'
            cand --url 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]'
            cand --token-file 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]'
            cand --timeout 'Longest time to wait for the daemon, such as 10s'
            cand --color 'When to use colours; NO_COLOR is honoured'
            cand -o 'Write to this file, which must not exist yet, instead of the standard output'
            cand --output 'Write to this file, which must not exist yet, instead of the standard output'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'bllvmctl;config;reload'= {
            cand --config 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]'
            cand --url 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]'
            cand --token-file 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]'
            cand --timeout 'Longest time to wait for the daemon, such as 10s'
            cand --color 'When to use colours; NO_COLOR is honoured'
            cand -o 'Form of the result'
            cand --output 'Form of the result'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'bllvmctl;completions'= {
            cand --config 'Configuration file [env: BLLVMCTL_CONFIG; else ./bllvmctl.toml, ~/.config/bllvmctl/config.toml, /etc/bllvmctl/config.toml]'
            cand --url 'The daemon''s address [env: BLLVMCTL_URL; else the listener of the configuration]'
            cand --token-file 'File with the control token [env: BLLVMCTL_TOKEN_FILE; else the daemon''s cookie in its state directory]'
            cand --timeout 'Longest time to wait for the daemon, such as 10s'
            cand --color 'When to use colours; NO_COLOR is honoured'
            cand -q 'Say nothing but errors'
            cand --quiet 'Say nothing but errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
    ]
    $completions[$command]
}
