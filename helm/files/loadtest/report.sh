# Waits for the run's end and writes its folder, as tar, to the standard output; the master ends then.
until [ -f /tmp/ended ]; do sleep 1; done
tar --create --gzip --directory /tmp/report .
touch /tmp/fetched
