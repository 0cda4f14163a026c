#!/usr/bin/env python3
"""The release check: what is too slow for every commit. Prints one row per question, and exits 1 when one is not answered well.

    ./dev check [--part NAME]... [--runs 1000000] [--kills 200] [--flips 300] [--sizes 200] [--seeds 20]

Parts: sanitizers (the suite under address and undefined-behaviour sanitizers), fuzz (libFuzzer over every reader), mutations
(the anomaly and property tests at fifty times their size), kills (SIGKILL in the middle of studies, resumed), writes (every
output ends at every size), flips (one bit of a finished store), tables (threads, and the C library without its vector code).
"""
import argparse, csv, glob, io, json, os, random, resource, shutil, signal, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "build/release/engine/dovetail")
STUDIES = [("mlp", "eyeriss"), ("dqn", "eyeriss"), ("mlp", "gemmini"), ("transformer", "eyeriss"), ("mlp", "nvdla")]


def run(words, **more):
    return subprocess.run(words, capture_output=True, **more)


def built(preset, *targets):
    command = f"cmake --preset {preset} && cmake --build build/{preset} " + (f"--target {' '.join(targets)}" if targets else "")
    done = run(["bash", "-c", command], cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"preset {preset} does not build:\n" + done.stdout.decode()[-2000:] + done.stderr.decode()[-2000:])


def sanitizers(options):
    built("asan")
    done = run(["ctest", "--test-dir", "build/asan", "-j", str(os.cpu_count()), "-E", "^(headers|install)"], cwd=ROOT)
    last = [line for line in done.stdout.decode().splitlines() if "tests passed" in line]
    return done.returncode == 0, last[0] if last else "no test ran"


# Good texts that a reader's inputs are grown from, where the tree or the shared data has some.
SEEDS = {"native": ["workloads/zoo/*.yaml", "tests/examples/network.yaml"],
         "yaml": ["workloads/zoo/*.yaml", "accelerators/families/*.yaml"], "json": ["tests/examples/uneven_gemm.json"],
         "design": ["tests/examples/design.yaml", "tests/examples/uneven_gemm.json", "tests/reference/data/timeloop/cases/*.json"],
         "family": ["accelerators/families/*.yaml"], "network-family": ["workloads/families/*.yaml"],
         "systolic": ["tests/reference/data/scalesim/cases/*.json"], "tile-case": ["../shared/reference/fpga/cases/*.json"],
         "timeloop": ["../shared/reference/import/timeloop/**/*.yaml"], "zigzag": ["../shared/reference/import/zigzag/**/*.yaml"],
         "scalesim": ["../shared/reference/import/**/*.csv"], "scalesim-machine": ["../shared/reference/import/**/*.cfg"],
         "maestro": ["../shared/reference/import/**/*.m"], "onnx": ["../shared/reference/import/**/*.onnx"]}


def seed_texts(reader, folder):
    for pattern in SEEDS.get(reader, []):
        for seed in glob.glob(os.path.join(ROOT, pattern), recursive=True):
            if os.path.getsize(seed) < 20_000:
                shutil.copy(seed, folder)


def fuzz(options):
    built("fuzz", "fuzz_readers")
    program = os.path.join(ROOT, "build/fuzz/tests/fuzz/fuzz_readers")
    readers = [line.strip() for line in run([program]).stdout.decode().splitlines() if line.startswith("--reader=")]
    wrong = []
    for reader in readers:
        with tempfile.TemporaryDirectory() as folder:
            seed_texts(reader.split("=")[1], folder)
            done = run([program, reader, f"-runs={options.runs}", "-timeout=5", "-rss_limit_mb=1024", "-verbosity=0",
                        f"-artifact_prefix={folder}/", folder], cwd=folder)
            if done.returncode:
                wrong.append(reader.split("=")[1])
                sys.stderr.write(done.stderr.decode(errors="replace")[-3000:])
    return not wrong, f"{len(readers)} readers x {options.runs} executions, {len(wrong)} with findings {' '.join(wrong)}".strip()


def mutations(options):
    larger = dict(os.environ, DOVETAIL_MUTATIONS="50000", DOVETAIL_LINES="50000", DOVETAIL_NETWORKS="100000",
                  DOVETAIL_NESTS="50000", DOVETAIL_TOLL_MACHINES="1000")
    names = "hostile_imports|mutated_descriptors|ask_tell_lines|network_families|timeline|space_proof"
    done = run(["ctest", "--test-dir", "build/release", "--timeout", "7200", "-R", names], cwd=ROOT, env=larger)
    last = [line for line in done.stdout.decode().splitlines() if "tests passed" in line]
    return done.returncode == 0, last[0] if last else "no test ran"


def optimize(workload, family, seed, *more):
    return [PROGRAM, "optimize", "--workload", workload, "--family", family, "--trials", "40", "--seed", str(seed), "--mapper",
            "random", "--budget", "400", "--format", "csv", *more]


def table(words, **more):
    """The trial table without its seconds."""
    done = run(words, **more)
    if done.returncode:
        return f"exit {done.returncode}: " + done.stderr.decode()[-300:]
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    return json.dumps([{k: v for k, v in row.items() if "seconds" not in k} for row in rows])


def kills(options):
    draw, killed, different = random.Random(1), 0, 0
    studies = 20
    for study in range(studies):
        workload, family = STUDIES[study % len(STUDIES)]
        threads = ["--threads", "1"]
        start = time.time()
        expected = table(optimize(workload, family, study, *threads))
        whole = time.time() - start
        with tempfile.TemporaryDirectory() as folder:
            store = os.path.join(folder, "s.db")
            for kill in range(options.kills // studies):
                process = subprocess.Popen(optimize(workload, family, study, "--store", store, *(["--resume"] if os.path.exists(store) else []),
                                                    *threads), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    process.wait(timeout=draw.uniform(0.0, whole / 2))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    killed += 1
            resumed = ["--resume"] if os.path.exists(store) else []
            found = table(optimize(workload, family, study, "--store", store, *resumed, *threads))
            if found != expected:
                different += 1
                sys.stderr.write(f"{workload} on {family}, seed {study}: {found[:400]}\n")
    return different == 0, f"{killed} kills over {studies} studies, {different} tables differ from the undisturbed one"


def writes(options):
    """Every output file ends at some size: the exit code is 6, and nothing half written is left behind under its name."""
    wrong, tried = [], 0
    commands = [["convert", "resnet18", "--to", "scalesim", "--out", "OUT"],
                ["map", "--workload", "mlp", "--architecture", "eyeriss", "--mapper", "random", "--budget", "50", "--out", "OUT"],
                ["convert", "resnet18", "--to", "timeloop", "--out", "OUT"],
                ["optimize", "--workload", "mlp", "--family", "eyeriss", "--trials", "3", "--mapper", "random", "--budget", "50",
                 "--store", "OUT"]]
    for command in commands:
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out")
            if run([PROGRAM] + [out if w == "OUT" else w for w in command]).returncode:
                wrong.append(f"{command[0]} fails undisturbed")
                continue
            sizes = os.path.getsize(out) if os.path.isfile(out) else max(os.path.getsize(f) for f in glob.glob(out + "/*"))
        for size in sorted({sizes * k // max(1, options.sizes // len(commands)) for k in range(max(1, options.sizes // len(commands)))}):
            with tempfile.TemporaryDirectory() as folder:
                out = os.path.join(folder, "out")

                def limit(size=size):
                    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

                done = run([PROGRAM] + [out if w == "OUT" else w for w in command], preexec_fn=limit)
                tried += 1
                if done.returncode != 6:
                    wrong.append(f"{command[0]} {command[-2]} at {size} of {sizes} bytes: exit {done.returncode}")
                elif command[-2] != "--store" and os.path.isfile(out):
                    wrong.append(f"{command[0]} {command[-2]} at {size} of {sizes} bytes: leaves a partial file")
    for text in wrong[:10]:
        sys.stderr.write(text + "\n")
    return not wrong, f"{tried} outputs cut at a size, {len(wrong)} not told"


def flips(options):
    draw, silent, told, harmless = random.Random(2), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "s.db")
        run(optimize("mlp", "eyeriss", 1, "--store", store))
        whole = open(store, "rb").read()
        expected = run([PROGRAM, "report", store, "--format", "csv"]).stdout
        for _ in range(options.flips):
            bit = draw.randrange(8 * len(whole))
            bytes_ = bytearray(whole)
            bytes_[bit // 8] ^= 1 << (bit % 8)
            broken = os.path.join(folder, "b.db")
            with open(broken, "wb") as file:
                file.write(bytes_)
            done = run([PROGRAM, "report", broken, "--format", "csv"])
            if done.returncode:
                told += 1
            elif done.stdout == expected:
                harmless += 1
            else:
                silent += 1
    return silent == 0, f"{options.flips} bits: {told} told, {harmless} change nothing that is read, {silent} give another table"


def tables(options):
    threads, library, cases = 0, 0, 0
    for workload, family in STUDIES:
        for seed in range(options.seeds):
            expected = table(optimize(workload, family, seed, "--threads", "1"))
            cases += 1
            threads += any(table(optimize(workload, family, seed, "--threads", str(t))) != expected for t in (2, 8))
            plain = dict(os.environ, GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-FMA,-FMA_Usable,-AVX512F")
            library += table(optimize(workload, family, seed, "--threads", "1"), env=plain) != expected
    return threads == 0 and library == 0, f"{cases} studies: {threads} differ with threads, {library} with the C library's plain code"


PARTS = [sanitizers, fuzz, mutations, kills, writes, flips, tables]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=[part.__name__ for part in PARTS])
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--flips", type=int, default=300)
    parser.add_argument("--sizes", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    print(f"| release check of {time.strftime('%Y-%m-%d')} | result | minutes | |\n|---|---|---|---|")
    failed = 0
    for part in PARTS:
        if options.part and part.__name__ not in options.part:
            continue
        start = time.time()
        try:
            good, text = part(options)
        except Exception as error:  # a part that cannot run is a part that failed
            good, text = False, str(error).strip().replace("\n", " ")[-300:]
        failed += not good
        print(f"| {part.__name__} | {text} | {(time.time() - start) / 60:.1f} | {'passed' if good else 'FAILED'} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
