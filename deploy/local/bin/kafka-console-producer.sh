#!/usr/bin/env bash
# Kafka's console producer, from its package.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
PYTHONPATH=$root exec "$root/.venv/bin/python" -m deploy.local.tools org.apache.kafka.tools.ConsoleProducer "$@"
