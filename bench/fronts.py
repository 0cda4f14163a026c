#!/usr/bin/env python3
"""Three objectives on NAS-Bench-201 (accuracy up, latency and energy down) against Optuna's NSGA-II at equal evaluations.

    bench/fronts.py build/release/engine/dovetail [SHARED] [--seeds 20] [--trials 100] [--data cifar100]

Costs are those of the fixed Eyeriss of the reference README, section 4. Prints per method the median hypervolume (shares of the
box between the worst and the best of all 15 625 networks), the share of the true front that was found, and the mean of the paired
differences with its 95 % interval (10 000 bootstrap samples). Needs Debian's python3-optuna for the peer.
"""
import argparse, csv, json, os, random, statistics, subprocess, sys, tempfile

NAMES = ["none", "skip", "conv1x1", "conv3x3", "avgpool"]
MS = [0, 0, 0.2458, 1.4746, 1.4746]
MJ = [0, 0, 0.031247728, 0.31321224, 0.2778228]
MS_BIAS, MJ_BIAS = 1.67954, 0.3469645085


def volume(points):
    """Of the union of boxes from each point (all to be made small, in 0..1) to (1, 1, 1)."""
    total, seen, last = 0.0, [], None
    for z, x, y in sorted(points):
        if last is not None:
            total += area(seen) * (z - last)
        seen.append((x, y))
        last = z
    return total + (area(seen) * (1.0 - last) if seen else 0.0)


def area(points):
    total, best = 0.0, 1.0
    for x, y in sorted(points):
        if y < best:
            total += (1.0 - x) * (best - y)
            best = y
    return total


def front(points):
    return {p for p in points if not any(q != p and all(a <= b for a, b in zip(q, p)) for q in points)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("shared", nargs="?", default="../shared")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--data", default="cifar100")
    options = parser.parse_args()
    table = os.path.abspath(options.shared + "/data/nb201_acc.csv")
    with open(table) as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    raw = {}
    for row in rows:
        edges = [int(c) for c in row["arch"]]
        raw[row["arch"]] = (-float(row[options.data]), MS_BIAS + sum(MS[e] for e in edges), MJ_BIAS + sum(MJ[e] for e in edges))
    low = [min(v[k] for v in raw.values()) for k in range(3)]
    high = [max(v[k] for v in raw.values()) for k in range(3)]
    unit = {a: tuple(round((v[k] - low[k]) / (high[k] - low[k]), 12) for k in range(3)) for a, v in raw.items()}
    distinct = sorted(set(unit.values()))
    true, best = [], []
    for p in distinct:  # in order of the first: whoever dominates p came before it
        if not any(all(a <= b for a, b in zip(q, p)) for q in best):
            best.append(p)
    true = set(best)
    whole = volume(true)
    print(f"{options.data}: {len(raw)} networks, true front of {len(true)} points, hypervolume {whole:.4f}; {options.trials} evaluations", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/cost.csv", "w") as file:
            file.write(f"block,operator,latency_ms,energy_mj\nbias,,{MS_BIAS},{MJ_BIAS}\n")
            for e in range(6):
                for o, name in enumerate(NAMES):
                    file.write(f"edge{e},{name},{MS[o]},{MJ[o]}\n")
        study = folder + "/study.yaml"
        with open(study, "w") as file:
            file.write(f"network: {{family: nb201}}\ncost: {{table: cost.csv}}\naccuracy: {{table: {table}, key: arch, column: {options.data}}}\n"
                       "objective: {maximize: accuracy, minimize: [latency_ms, energy_mj]}\n")

        def ours(designer, seed):
            out = subprocess.run([options.program, "optimize", study, "--designer", designer, "--trials", str(options.trials), "--seed", str(seed),
                                  "--batch", "1", "--threads", "1", "--format", "csv"], check=True, capture_output=True, text=True).stdout
            return [row["network"] for row in csv.DictReader(out.splitlines())]

        def nsga2(_, seed):
            code = f"""
import json, sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
raw = json.load(sys.stdin)
study = optuna.create_study(directions=["minimize"] * 3, sampler=optuna.samplers.NSGAIISampler(seed={seed}, population_size=20))
seen = []
# Distinct evaluations: a network that comes again costs nothing.
for step in range(50 * {options.trials}):
    trial = study.ask()
    arch = "".join(str(trial.suggest_categorical(f"edge{{e}}", [0, 1, 2, 3, 4])) for e in range(6))
    study.tell(trial, raw[arch])
    if arch not in seen: seen.append(arch)
    if len(seen) == {options.trials}: break
print(json.dumps(seen))
"""
            return json.loads(subprocess.run(["/usr/bin/python3", "-c", code], input=json.dumps(raw), check=True, capture_output=True, text=True).stdout)

        results = {}
        for name, run in {"bayes": ours, "evolution": ours, "random": ours, "NSGA-II": nsga2}.items():
            results[name] = []
            for seed in range(options.seeds):
                points = {unit[a] for a in run(name, seed)}
                results[name].append((volume(points) / whole, len(points & true) / len(true)))
            volumes = [v for v, _ in results[name]]
            print(f"{name:10} hypervolume {statistics.median(volumes):.4f} ({min(volumes):.4f} to {max(volumes):.4f}) of the true front's, "
                  f"{100 * statistics.median(s for _, s in results[name]):.0f} % of the true front found", flush=True)
        chance = random.Random(0)
        for name in ("evolution", "random", "NSGA-II"):
            differences = [a[0] - b[0] for a, b in zip(results["bayes"], results[name])]
            means = sorted(statistics.mean(chance.choices(differences, k=len(differences))) for _ in range(10000))
            print(f"bayes - {name}: {statistics.mean(differences):.4f}, 95 % interval {means[250]:.4f} to {means[9749]:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
