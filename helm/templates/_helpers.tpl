{{/* Names, labels and what several pods share. A component is `front`, `replica` or `controller`. */}}

{{/* Labels of every object. */}}
{{- define "berth.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: berth
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* Labels by which a component's pods are found: (list $ "front"). */}}
{{- define "berth.selector" -}}
app.kubernetes.io/name: berth
app.kubernetes.io/instance: {{ (index . 0).Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Metadata of a component's object: (list $ "front"). */}}
{{- define "berth.metadata" -}}
name: {{ (index . 0).Release.Name }}-{{ index . 1 }}
namespace: {{ (index . 0).Release.Namespace | quote }}
labels:
  {{- include "berth.labels" (index . 0) | nindent 2 }}
  app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of a component's pods. Neither the chart nor its version is among them: a newer chart alone restarts no pod. */}}
{{- define "berth.podLabels" -}}
{{- include "berth.selector" . }}
{{- with (index (index . 0).Values (index . 1)).podLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "berth.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{/* What begins every container: image and the restricted profile. */}}
{{- define "berth.container" -}}
image: {{ include "berth.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* What begins every pod's spec: (list $ "front" <service account's name>). */}}
{{- define "berth.pod" -}}
{{- $ := index . 0 -}}
serviceAccountName: {{ index . 2 | quote }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
enableServiceLinks: false
{{- with $.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with index $.Values (index . 1) }}
{{- with .priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* The address as roles read it, without a slash at its end. */}}
{{- define "berth.url" -}}
{{- .Values.appUrl | default "http://localhost:8080" | trimSuffix "/" -}}
{{- end }}

{{/* Path of the address: empty, or /like/this. */}}
{{- define "berth.path" -}}
{{- (urlParse (include "berth.url" .)).path -}}
{{- end }}

{{/* Settings of all roles that visitors meet. */}}
{{- define "berth.env" -}}
- name: APP_URL
  value: {{ include "berth.url" . | quote }}
- name: BERTH_COOKIE_SECRET_FILE
  value: /etc/berth/secret/cookie-secret
- name: BERTH_LOGIN
  value: {{ .Values.auth.login }}
{{- if eq .Values.auth.login "oauth" }}
{{- with .Values.auth.oauth.redirectUri }}
- name: PANEL_OAUTH_REDIRECT_URI
  value: {{ . }}
{{- end }}
- name: BERTH_OAUTH_TOKENS
  value: {{ .Values.auth.oauth.tokens }}
{{- end }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ include "berth.text" $value | quote }}
{{- end }}
{{- end }}

{{/* A value as the environment holds it; Helm reads large numbers as floats. */}}
{{- define "berth.text" -}}
{{- if kindIs "float64" . }}{{ if eq (float64 (int64 .)) . }}{{ int64 . }}{{ else }}{{ . }}{{ end }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* What the lobby knows of the OAuth provider. */}}
{{- define "berth.oauthEnv" -}}
{{- $oauth := .Values.auth.oauth -}}
- name: PANEL_OAUTH_PROVIDER
  value: {{ $oauth.provider }}
- name: PANEL_OAUTH_KEY
  value: {{ $oauth.clientId | quote }}
{{- if not $oauth.public }}
- name: BERTH_OAUTH_SECRET_FILE
  value: /etc/berth/client/client-secret
{{- end }}
{{- range $variable, $value := dict "BERTH_OAUTH_ISSUER" $oauth.issuer "PANEL_OAUTH_AUTHORIZE_URL" $oauth.authorizeUrl "PANEL_OAUTH_TOKEN_URL" $oauth.tokenUrl "PANEL_OAUTH_USER_URL" $oauth.userUrl "PANEL_OAUTH_SCOPE" (join "," $oauth.scope) "PANEL_OAUTH_JWT_USER" $oauth.userClaim "BERTH_OAUTH_ALLOWED" (join "," $oauth.allowed) "BERTH_OAUTH_NAME" $oauth.name }}
{{- with $value }}
- name: {{ $variable }}
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- with $oauth.extraParams }}
- name: PANEL_OAUTH_EXTRA_PARAMS
  value: {{ toJson . | quote }}
{{- end }}
{{- end }}

{{/* Whether the lobby needs the key `client-secret`. */}}
{{- define "berth.clientSecret" -}}
{{- if and (eq .Values.auth.login "oauth") (not .Values.auth.oauth.public) }}yes{{ end -}}
{{- end }}

{{/* Secret that holds the cookie secret. */}}
{{- define "berth.secret" -}}
{{- .Values.auth.existingSecret | default (printf "%s-secret" .Release.Name) -}}
{{- end }}

{{/* Secret that holds the users, or nothing. */}}
{{- define "berth.usersSecret" -}}
{{- if .Values.auth.credentials -}}
{{ .Release.Name }}-users
{{- else if eq .Values.auth.login "password" -}}
{{ include "berth.secret" . }}
{{- end -}}
{{- end }}

{{/* What the controller makes: BERTH_MAKE_SECRET. */}}
{{- define "berth.makeSecret" -}}
{{- if .Values.auth.existingSecret }}none{{ else if eq (include "berth.usersSecret" .) (include "berth.secret" .) }}credentials{{ else }}cookie-secret{{ end -}}
{{- end }}

{{/* Volume with the cookie secret alone. */}}
{{- define "berth.cookieVolume" -}}
- name: secret
  secret:
    secretName: {{ include "berth.secret" . | quote }}
    defaultMode: 0440
    items:
      - {key: cookie-secret, path: cookie-secret}
{{- end }}

{{/* The name of the ConfigMap with `dashboards.files`. It follows from the texts: a changed one rolls the replicas, while
those that are still there keep theirs. */}}
{{- define "berth.filesName" -}}
{{ .Release.Name }}-dashboards-{{ .Values.dashboards.files | toJson | sha256sum | trunc 8 }}
{{- end }}

{{/* The scripts to serve, as arguments in JSON. */}}
{{- define "berth.scripts" -}}
{{- $scripts := .Values.dashboards.scripts -}}
{{- if and (not $scripts) .Values.dashboards.files -}}
{{- range $name := keys .Values.dashboards.files | sortAlpha -}}
{{- if has (ext $name) (list ".py" ".ipynb" ".md") -}}
{{- $scripts = append $scripts $name -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $scripts | toJson -}}
{{- end }}

{{/* Where the dashboards of the values come from: a volume source, or nothing. */}}
{{- define "berth.dashboards" -}}
{{- with .Values.dashboards -}}
{{- if .files -}}
configMap: {name: {{ include "berth.filesName" $ }}}
{{- else if .existingConfigMap -}}
configMap: {name: {{ .existingConfigMap | quote }}}
{{- else if .volume -}}
{{ toYaml .volume }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Visitors that a pod holds. */}}
{{- define "berth.seatsPerPod" -}}
{{ mul .Values.replica.berths .Values.replica.seats }}
{{- end }}

{{/* The name of the ConfigMap with the logo; it follows from the picture, so that another one rolls the front. */}}
{{- define "berth.logoName" -}}
{{ .Release.Name }}-logo-{{ .Values.look.logo | sha256sum | trunc 8 }}
{{- end }}
