{{- /* The configuration of the sidecar of a node. */}}
{{- define "bitcoin.nodeConfig" -}}
state_dir = "/state"

[node]
kind = "attached"
chain = "{{ .Values.chain }}"
rpc_url = "http://127.0.0.1:8332"
# To measure it; the cookie is in it, too.
data_dir = "/data"
rpc_cookie_file = "/data/{{ index (dict "main" "" "test" "testnet3/" "testnet4" "testnet4/" "signet" "signet/" "regtest" "regtest/") .Values.chain }}.cookie"

[rpc]
listen = "0.0.0.0:18332"
ops_listen = "0.0.0.0:9332"

[storage]
pruning_mode = "{{ .Values.node.pruning.mode }}"
pruning_threshold_gb = {{ .Values.node.pruning.thresholdGb }}
pruning_target_gb = {{ .Values.node.pruning.targetGb }}
{{- end }}
