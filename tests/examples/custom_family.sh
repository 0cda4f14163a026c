#!/bin/sh
# An accelerator family of one's own: look at it, map on it, search it under an area limit.
#   sh custom_family.sh       leaves tile.db and tile.html in the working directory
set -eu
dovetail=${DOVETAIL:-dovetail}
here=$(cd "$(dirname "$0")" && pwd)

"$dovetail" describe "$here/tile_family.yaml"
"$dovetail" map --workload mlp --architecture "$here/tile_family.yaml" --set hw.columns=32 --format text
"$dovetail" optimize --workload mlp --family "$here/tile_family.yaml" --spec 'area_um2<=3e6' --trials 12 --gap 0.02 \
  --store tile.db --format text
"$dovetail" report tile.db --html tile.html
