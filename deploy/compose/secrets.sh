#!/bin/sh
# Makes what the parts of Sluice share, once: files that containers can read, in a folder that on this
# machine only its owner can enter.
set -eu
cd "$(dirname "$0")"
umask 022
mkdir -p -m 700 secrets
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
put() { [ -s "secrets/$1" ] || printf '%s' "$2" > "secrets/$1"; }
put postgres_password "$(random 24)"
put database_url "postgresql://sluice:$(cat secrets/postgres_password)@postgres:5432/sluice"
put secret_key "$(random 32)"
put account_id "$(random 16)"
put admin_password "$(random 12)"
# Empty until `sluice manage edge add` has made one; see docs/many-machines.md.
[ -e secrets/join_token ] || : > secrets/join_token
