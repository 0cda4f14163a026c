#!/bin/sh
# A simulator of one's own decides: Dovetail's mappers propose mappings, simulator.py says what they cost.
#   sh external_simulator.sh  leaves simulated.db in the working directory
set -eu
dovetail=${DOVETAIL:-dovetail}
here=$(cd "$(dirname "$0")" && pwd)
command -v python3 > /dev/null || { echo "skipped: no python3 here"; exit 0; }

"$dovetail" optimize --workload mlp --family eyeriss --designer evolution --trials 30 --mapper random --budget 200 \
  --evaluator "python3 '$here/simulator.py'" --evaluator-timeout 30 --candidates 2 --store simulated.db
# Failures are trials with their reason; resuming replays them and asks nothing again.
"$dovetail" report simulated.db --format csv | grep -c 'no floor plan' || true
