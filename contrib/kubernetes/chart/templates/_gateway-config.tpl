{{- /* The configuration of a gateway. */}}
{{- define "bitcoin.gatewayConfig" -}}
{{- $node := include "bitcoin.node" . -}}
state_dir = "/state"

[node]
chain = "{{ .Values.chain }}"

[rpc]
listen = "0.0.0.0:18332"
ops_listen = "0.0.0.0:9332"
drain_secs = {{ .Values.gateway.drainSeconds }}
shutdown_grace_secs = {{ .Values.gateway.graceSeconds }}

[rpc.auth]
rate_limit_rate = {{ .Values.gateway.rateLimit.rate }}
rate_limit_burst = {{ .Values.gateway.rateLimit.burst }}
{{- range .Values.gateway.users }}

[[rpc.auth.users]]
name = {{ .name | toJson }}
rpcauth = {{ .rpcauth | toJson }}
{{- with .methods }}
methods = {{ . | toJson }}
{{- end }}
{{- with .nodes }}
nodes = {{ . | toJson }}
{{- end }}
{{- end }}
{{- if not .Values.gateway.users }}

# Without users every client shows the credentials of the nodes, which all have the same rpcauth.
[fleet]
pass_through = true
{{- end }}
{{- if .Values.redis.enabled }}

[limits]
store = "redis"
url = "redis://{{ include "bitcoin.redis" . }}:6379/0"
replicas = {{ .Values.gateway.replicas }}
{{- end }}
{{- range $index := until (int .Values.node.replicas) }}

[[nodes]]
name = "node-{{ $index }}"
rpc_url = "http://{{ $node }}-{{ $index }}.{{ $node }}:8332"
rpc_user = {{ $.Values.gateway.nodeUser | toJson }}
rpc_password_file = "/etc/bllvmctl-node/password"
{{- end }}
{{- end }}
