# Visitors, and a proxy that lets them seem to come to the public address.
. /etc/berth/loadtest/common.sh
haproxy -D -f /etc/berth/loadtest/haproxy.cfg
exec python -m locust -f "$scenario" --worker --master-host "$MASTER" --host "$HERE" "$@"
