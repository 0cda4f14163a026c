# A simulator as `--evaluator` starts it: one design per line on standard input, one answer per line on standard output.
# Here a crude model (ideal array, DRAM traffic and latency); yours would write input files and start a program.
import json
import sys

for line in sys.stdin:
    design = json.loads(line)
    problem, arch = design["problem"], design["arch"]
    macs = 1
    for extent in problem["dims"].values():
        macs *= extent
    if arch["compute"]["mesh_x"] > 100:
        print(json.dumps({"failed": "no floor plan is that wide"}), flush=True)
        continue
    loops = 1
    for level in design["mapping"]["levels"]:
        if level["level"] == arch["levels"][-1]["name"]:
            for _, factor in level["temporal"]:
                loops *= factor
    cycles = macs // arch["compute"]["instances"] + 100 * loops
    energy = macs * arch["compute"]["energy_per_op"] + 1000 * loops
    print(json.dumps({"cycles": cycles, "energy_pj": energy}), flush=True)
