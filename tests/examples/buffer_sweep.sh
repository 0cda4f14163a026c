#!/bin/sh
# How much global buffer does Eyeriss need for an MLP? One mapping search per size, and a plot of the EDP.
#   sh buffer_sweep.sh        leaves sweep.csv and sweep.svg in the working directory
set -eu
dovetail=${DOVETAIL:-dovetail}

# --hold keeps every other parameter at the hand design; global_words is a setting of the family, in 16-bit words.
"$dovetail" sweep --workload mlp --family eyeriss --hold --gap 0.02 \
  --grid 'hw.global_words=4096:131072:*2' --format csv > sweep.csv

# Columns are found by their names; both axes are logarithmic.
awk -F, '
  NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
  $column["status"] == "done" { x[++n] = log($column["hw.global_words"]); y[n] = log($column["edp"]); kib[n] = $column["hw.global_words"] / 512; edp[n] = $column["edp"] }
  END {
    for (i = 1; i <= n; ++i) { if (i == 1 || y[i] < low) low = y[i]; if (i == 1 || y[i] > high) high = y[i] }
    if (high - low < 0.01) { high += 0.005; low -= 0.005 }
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"360\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"640\" height=\"360\" fill=\"white\"/><text x=\"20\" y=\"24\" font-size=\"15\">EDP of an MLP on Eyeriss against its global buffer</text>"
    for (i = 1; i <= n; ++i) {
      px = 70 + 500 * (x[i] - x[1]) / (x[n] - x[1]); py = 300 - 240 * (y[i] - low) / (high - low)
      line = line sprintf("%s%.1f,%.1f", i > 1 ? " " : "", px, py)
      printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"#0b7a75\"/><text x=\"%.1f\" y=\"325\" text-anchor=\"middle\">%g</text><text x=\"%.1f\" y=\"%.1f\">%.3g</text>\n", px, py, px, kib[i], px + 7, py - 7, edp[i]
    }
    printf "<polyline points=\"%s\" fill=\"none\" stroke=\"#0b7a75\" stroke-width=\"2\"/><text x=\"330\" y=\"348\" text-anchor=\"middle\">global buffer, KiB (points: EDP in pJ x cycles)</text></svg>\n", line
  }' sweep.csv > sweep.svg
cut -d, -f1-3 sweep.csv
