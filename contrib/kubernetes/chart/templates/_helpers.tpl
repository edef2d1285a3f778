{{- define "bitcoin.labels" -}}
app.kubernetes.io/name: bllvmctl
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end }}

{{- define "bitcoin.selector" -}}
app.kubernetes.io/name: bllvmctl
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "bitcoin.node" -}}
{{ .Release.Name }}-node
{{- end }}

{{- define "bitcoin.gateway" -}}
{{ .Release.Name }}-gateway
{{- end }}

{{- define "bitcoin.redis" -}}
{{ .Release.Name }}-redis
{{- end }}

{{- define "bitcoin.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "bitcoin.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.userId }}
runAsGroup: {{ .Values.userId }}
fsGroup: {{ .Values.userId }}
# A volume of a terabyte is not walked through at each start.
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "bitcoin.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "bitcoin.env" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "bitcoin.p2pPort" -}}
{{ index (dict "main" 8333 "test" 18333 "testnet4" 48333 "signet" 38333 "regtest" 18444) .Values.chain }}
{{- end }}

{{- /* A probe of bitcoind, without the number of failures: it fails only if bllvmctl reports that the node is dead. */}}
{{- define "bitcoin.nodeProbe" -}}
exec:
  command:
    - bash
    - -c
    - |
      exec 3<>/dev/tcp/127.0.0.1/18332 || exit 0
      printf 'GET /health/live HTTP/1.0\r\n\r\n' >&3 || exit 0
      read -r -t 3 -u 3 protocol status rest || exit 0
      [ "$status" != 503 ]
periodSeconds: 10
timeoutSeconds: 5
{{- end }}
