# What master and workers share: who the visitors are, and where they think they are.
set -eu
if [ -f /etc/berth/users/password ]; then
    CREDENTIALS="admin:$(cat /etc/berth/users/password)"
    export CREDENTIALS
elif [ -f /etc/berth/users/credentials ]; then
    export BERTH_CREDENTIALS_FILE=/etc/berth/users/credentials
fi
SCHEME=${APP_URL%%://*}
address=${APP_URL#*://}
PUBLIC=${address%%/*}
prefix=${address#"$PUBLIC"}
export SCHEME PUBLIC
HERE=http://localhost:8080$prefix
scenario=$(python -c 'import loadtests; print(loadtests.__path__[0])')/scenarios/$SCENARIO.py
