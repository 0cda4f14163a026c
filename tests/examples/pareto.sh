#!/bin/sh
# The Pareto front of energy, delay and area: one search per objective into a table, and what nothing in it dominates.
#   sh pareto.sh              leaves trials.csv and front.csv in the working directory
set -eu
dovetail=${DOVETAIL:-dovetail}

for objective in energy cycles edp; do
  # A quick mapper shows the way of working; without --mapper and --budget every mapping is proven optimal.
  "$dovetail" optimize --workload mlp --family eyeriss --objective $objective --designer evolution --trials 40 \
    --mapper random --budget 300 --format csv > trials_$objective.csv
done
head -n 1 trials_edp.csv > trials.csv
for objective in energy cycles edp; do tail -n +2 trials_$objective.csv >> trials.csv; done

# A row stays when no other is at most as large in all three and smaller in one; equal rows stay once.
awk -F, '
  NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; print; next }
  $column["outcome"] == "feasible" { row[++n] = $0; e[n] = $column["energy_pj"] + 0; c[n] = $column["cycles"] + 0; a[n] = $column["area_um2"] + 0 }
  END {
    for (i = 1; i <= n; ++i) {
      kept = 1
      for (j = 1; j <= n && kept; ++j)
        if (e[j] <= e[i] && c[j] <= c[i] && a[j] <= a[i] && (e[j] < e[i] || c[j] < c[i] || a[j] < a[i] || j < i)) kept = 0
      if (kept) print row[i]
    }
  }' trials.csv > front.csv
echo "$(($(wc -l < trials.csv) - 1)) trials, $(($(wc -l < front.csv) - 1)) of them on the front"
