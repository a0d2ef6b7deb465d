# Runs the test, keeps the report until it is fetched or its time is over, and ends as the run ended.
. /etc/berth/loadtest/common.sh
mkdir -p /tmp/report
thresholds=/etc/berth/loadtest/thresholds.toml
[ ! -f "$thresholds" ] || set -- "$@" --thresholds "$thresholds"
# A release that has just been installed lets nobody in yet.
export ALIVE="http://$FRONT$prefix/berth/livez"
until python -c 'import os, urllib.request; urllib.request.urlopen(os.environ["ALIVE"], timeout=2)' 2>/dev/null; do sleep 1; done
code=0
python -m locust -f "$scenario" --headless --master --expect-workers "$WORKERS" --host "$HERE" \
    --watch "$CONTROLLER" --report /tmp/report "$@" || code=$?
touch /tmp/ended
echo "The run has ended with $code; its report can be fetched for $KEEP s."
while [ "$KEEP" -gt 0 ] && [ ! -f /tmp/fetched ]; do
    sleep 1
    KEEP=$((KEEP - 1))
done
exit "$code"
