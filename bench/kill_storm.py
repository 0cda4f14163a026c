#!/usr/bin/env python3
"""Kills workers, proposers and the database server of one study, and compares its table with an undisturbed local run.

    bench/kill_storm.py build/release/engine/dovetail [--trials 600] [--kills 100] [--workers 1,2,4,8]

Starts a PostgreSQL cluster of its own (Debian's, in a temporary folder on a socket, as the user postgres when run by root) and
stops it at the end. Prints one line per number of workers: trials, kills, attempts, time, and whether the tables are equal.
"""
import argparse, glob, hashlib, json, os, random, shutil, signal, subprocess, sys, tempfile, time


class Server:
    def __init__(self):
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.folder = tempfile.mkdtemp(prefix="dovetail-storm-")
        self.user = []
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        self.run("initdb", "-A", "trust", "-U", "dovetail", "-E", "UTF8", "--no-locale", "-D", self.data())
        self.control("start")

    def data(self):
        return self.folder + "/data"

    def run(self, program, *words):
        subprocess.run(self.user + [f"{self.bin}/{program}", *words], check=True, cwd="/", stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def control(self, verb, *words):
        options = ["-o", f"-c listen_addresses= -c unix_socket_directories={self.folder}"] if verb != "stop" else []
        self.run("pg_ctl", "-w", "-t", "120", "-D", self.data(), "-l", self.folder + "/server.log", *words, *options, verb)

    def url(self, study):
        return f"postgresql:///postgres?host={self.folder}&user=dovetail#{study}"

    def stop(self):
        self.control("stop", "-m", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--trials", type=int, default=600)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--proposer-kills", type=int, default=5)
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--workers", default="1,2,4,8")
    parser.add_argument("--lag", type=int, default=16)
    parser.add_argument("--budget", type=int, default=3000, help="mappings per layer: what a trial costs")
    parser.add_argument("--every", type=float, default=0.25, help="seconds between kills of a worker, on average")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    study = ["optimize", "--workload", "mlp", "--family", "eyeriss", "--mapper", "random", "--budget", str(options.budget),
             "--designer", "evolution", "--seed", "5", "--threads", "1", "--trials", str(options.trials), "--lag", str(options.lag),
             "--format", "csv"]
    start = time.time()
    expected = subprocess.run([program, *study], check=True, capture_output=True).stdout
    print(f"local: {options.trials} trials, lag {options.lag}, {time.time() - start:.1f} s, "
          f"{hashlib.sha256(expected).hexdigest()[:16]}", flush=True)
    server = Server()
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    failed = False
    try:
        for count in [int(word) for word in options.workers.split(",")]:
            chance = random.Random(count)
            name = f"storm{count}"
            out = open(f"{server.folder}/out{count}", "wb+")

            def propose():
                out.seek(0), out.truncate()
                return subprocess.Popen([program, *study, "--store", server.url(name), "--workers", "remote", "--attempts", "1000",
                                         "--resume"], stdout=out, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

            def work():
                return subprocess.Popen([program, "worker", "--store", server.url(name), "--threads", "1", "--lease", "1",
                                         "--idle", "60"], **quiet)

            start = time.time()
            proposer = propose()
            workers = [work() for _ in range(count)]
            kills = dead_proposers = restarts = broken = 0
            while proposer.poll() != 0:
                time.sleep(chance.expovariate(1.0 / options.every))
                if proposer.poll() not in (None, 0):  # a server that was just restarted may have refused it
                    broken += 1
                    proposer = propose()
                for w in range(count):
                    if workers[w].poll() is not None:
                        workers[w] = work()
                if kills < options.kills:
                    w = chance.randrange(count)
                    workers[w].send_signal(signal.SIGKILL)
                    workers[w].wait()
                    workers[w] = work()
                    kills += 1
                if kills * (options.proposer_kills + 1) > options.kills * (dead_proposers + 1) and dead_proposers < options.proposer_kills:
                    proposer.send_signal(signal.SIGKILL)
                    proposer.wait()
                    proposer = propose()
                    dead_proposers += 1
                if kills * (options.restarts + 1) > options.kills * (restarts + 1) and restarts < options.restarts:
                    server.control("restart", "-m", "immediate")
                    restarts += 1
            spent = time.time() - start
            for worker in workers:
                worker.send_signal(signal.SIGTERM)
                worker.wait()
            out.seek(0)
            table = out.read()
            report = json.loads(subprocess.run([program, "report", server.url(name), "--format", "json"], check=True, capture_output=True).stdout)
            work_done = report["work"]
            same = table == expected
            failed = failed or not same
            print(f"{count} workers: {work_done['done']} trials, {kills} kills of workers, {dead_proposers} of the proposer, "
                  f"{restarts} crashes of the server, {work_done['attempts']} attempts, {work_done['repeated']} trials begun again, "
                  f"{work_done['given_up']} given up, proposer ended by itself {broken} times, {spent:.1f} s, "
                  f"{hashlib.sha256(table).hexdigest()[:16]}: {'equal' if same else 'DIFFERENT'}", flush=True)
    finally:
        server.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
