# Ask/tell from a script: dovetail suggests, this program measures. Usage: python3 ask_tell.py [path of dovetail]
import json
import subprocess
import sys

SPACE = """{parameters: [{name: banks, kind: ordinal, values: [1, 2, 4, 8, 16]}, {name: words, kind: integer, low: 64, high: 4096, log: true}],
 constraints: ["words % banks == 0"], goal: {objectives: [{metric: energy}], specs: [{metric: delay, max: 60}]}}"""
with open("space.yaml", "w") as file:
    file.write(SPACE)
server = subprocess.Popen([sys.argv[1] if len(sys.argv) > 1 else "dovetail", "serve", "space.yaml", "--seed", "1"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def call(request):
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


for _ in range(10):
    outcomes = []
    for trial in call({"ask": 3})["trials"]:
        banks, words = trial["point"]["banks"], trial["point"]["words"]
        if words // banks < 32:  # a measurement that fails is told with its reason
            outcomes.append({"id": trial["id"], "failed": "bank too small"})
        else:
            metrics = {"energy": 0.01 * words + 3 * banks, "delay": 20 + 4e4 / (words * banks ** 0.5)}
            outcomes.append({"id": trial["id"], "metrics": metrics})
    best = call({"tell": outcomes})["best"]
print(best)
server.stdin.close()
sys.exit(0 if best and best["metrics"]["delay"] <= 60 and server.wait() == 0 else 1)
