{{/* The load test's pods. Both hold all files, so that they read the same options. */}}

{{/* Its objects' name. It follows from what runs: other values start a run of their own, because a Job cannot be changed. */}}
{{- define "berth.loadTestName" -}}
{{- $pods := printf "%s%s" (include "berth.loadTestPod" (list . "loadtest")) (include "berth.loadTestPod" (list . "loadtest-worker")) -}}
{{ .Release.Name }}-loadtest-{{ $pods | sha256sum | trunc 8 }}
{{- end }}

{{/* The template of a Job's pods: (list $ "loadtest"), or "loadtest-worker". */}}
{{- define "berth.loadTestPod" -}}
{{- $ := index . 0 -}}
{{- $component := index . 1 -}}
{{- with $ -}}
metadata:
  labels:
    {{- include "berth.selector" (list . $component) | nindent 4 }}
  annotations:
    checksum/files: {{ include "berth.loadTestFiles" . | sha256sum }}
spec:
  {{- include "berth.pod" (list . "loadTest" (printf "%s-front" .Release.Name)) | nindent 2 }}
  automountServiceAccountToken: false
  restartPolicy: Never
  terminationGracePeriodSeconds: 30
  containers:
    - name: loadtest
      {{- include "berth.container" . | nindent 6 }}
      command: [tini, --, sh, /etc/berth/loadtest/{{ ternary "master" "worker" (eq $component "loadtest") }}.sh]
      args:
        {{- include "berth.loadTestArguments" . | nindent 8 }}
      env:
        - {name: APP_URL, value: {{ include "berth.url" . | quote }}}
        - {name: FRONT, value: "{{ .Release.Name }}-front:8080"}
        - {name: MASTER, value: "{{ .Release.Name }}-loadtest"}
        - {name: CONTROLLER, value: "http://{{ .Release.Name }}-controller:9090"}
        - {name: SCENARIO, value: {{ .Values.loadTest.scenario }}}
        - {name: WORKERS, value: "{{ .Values.loadTest.workers }}"}
        - {name: KEEP, value: "{{ .Values.loadTest.keep }}"}
      {{- if eq $component "loadtest" }}
      ports:
        - {name: locust, containerPort: 5557}
      {{- end }}
      terminationMessagePolicy: FallbackToLogsOnError
      resources:
        {{- toYaml .Values.loadTest.resources | nindent 8 }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        - {name: files, mountPath: /etc/berth/loadtest, readOnly: true}
        {{- if include "berth.usersSecret" . }}
        - {name: users, mountPath: /etc/berth/users, readOnly: true}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {}
    - name: files
      configMap: {name: {{ .Release.Name }}-loadtest}
    {{- with include "berth.usersSecret" . }}
    - name: users
      secret:
        secretName: {{ . | quote }}
        defaultMode: 0440
        items:
          {{- if eq (include "berth.makeSecret" $) "credentials" }}
          - {key: password, path: password}
          {{- else }}
          - {key: credentials, path: credentials}
          {{- end }}
    {{- end }}
{{- end }}
{{- end }}

{{/* What both Locusts are told. */}}
{{- define "berth.loadTestArguments" -}}
{{- with .Values.loadTest -}}
- --users
- {{ .users | quote }}
- --spawn-rate
- {{ .spawnRate | quote }}
{{- with .runTime }}
- --run-time
- {{ . | quote }}
{{- end }}
{{- with .options }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "berth.loadTestFiles" -}}
{{- range $name := list "common.sh" "master.sh" "worker.sh" "report.sh" "haproxy.cfg" }}
{{ $name }}: |
{{- $.Files.Get (printf "files/loadtest/%s" $name) | trimSuffix "\n" | nindent 2 }}
{{- end }}
{{- with .Values.loadTest.thresholds }}
thresholds.toml: {{ . | quote }}
{{- end }}
{{- end }}
