"""The senders' own packages against this crate, in both directions, a line for each sender:

    python senders.py FOLDER SIGNED SEND

FOLDER has senders-*.mjs beside their node_modules, SIGNED and SEND are the built examples.

1. What a package has signed is accepted by `signed`, and refused with another body.
2. What `send` has signed is accepted by the package, and refused with another body.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

FOLDER, SIGNED, SEND = sys.argv[1:4]
HERE = pathlib.Path(__file__).parent
HARNESSES = [
    ["node", f"{FOLDER}/senders-1.mjs"],
    ["node", f"{FOLDER}/senders-2.mjs"],
    [sys.executable, str(HERE / "senders-1.py")],
]
failed = 0


def say(sender, way, problems):
    global failed
    failed += bool(problems)
    print(f"{'FAILED' if problems else 'ok'}: {sender}, {way}{': ' if problems else ''}{'; '.join(problems)}", flush=True)


def post(url, headers, body):
    request = urllib.request.Request(url, body.encode(), headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def signed_by_packages(lines):
    """Delivers what the packages have signed to `signed`, whose keys are those of the lines."""
    keys = {f"{line['sender'].upper()}_SECRET": line["key"] for line in lines}
    urls = {f"{line['sender'].upper()}_PUBLIC_URL": line["public_url"] for line in lines if "public_url" in line}
    settings = {**os.environ, **keys, **urls, "LISTEN": "127.0.0.1:0"}
    server = subprocess.Popen([SIGNED], env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        base = next(line for line in server.stdout if line.startswith("listening on ")).split()[-1]
        for line in lines:
            sender, headers, problems = line["sender"], {"content-type": "application/json", **line["headers"]}, []
            query = re.sub(r"^[^?]*", "", line.get("uri", ""))
            for body, is_right in [(line["body"], range(200, 300)), (line["body"] + " ", range(400, 500))]:
                status = post(f"{base}/webhooks/{sender}{query}", headers, body)
                if status not in is_right:
                    problems.append(f"{'genuine' if is_right[0] == 200 else 'altered'}: {status}")
            if not problems and not server.stdout.readline().startswith(f"{sender} accepted "):
                problems.append("not in the log")
            say(sender, "signed by its package", problems)
    finally:
        server.kill()


def signed_by_send(harness, lines):
    """Lets the packages verify what `send` has signed, each at once: one takes five seconds and no more."""
    verifier = subprocess.Popen([*harness, "verify"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def verdict(delivery):
        verifier.stdin.write(delivery if delivery.endswith("\n") else f"{delivery}\n")
        verifier.stdin.flush()
        for answer in verifier.stdout:
            # Some packages print what they verify.
            if answer.startswith('{"sender"'):
                return json.loads(answer)
        raise SystemExit(f"{harness} has ended")

    # The packages are loaded when this is answered.
    verdict(json.dumps({"sender": "none", "headers": {}, "body": ""}))
    for line in lines:
        sender, problems = line["sender"], []
        # Its package takes secrets of 64 characters, and no others.
        key = ["--key", line["key"]] if sender == "contentful" else []
        for more, is_right in [([], True), (["--tamper"], False)]:
            command = [SEND, sender, "--dry-run", "--json", *key, *more]
            said = verdict(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            if said["ok"] != is_right:
                problems.append("altered: accepted" if said["ok"] else f"genuine: {said['why']}")
        say(sender, "signed by send", problems)
    verifier.stdin.close()
    verifier.wait()


senders = 0
for harness in HARNESSES:
    out = subprocess.run([*harness, "sign"], check=True, capture_output=True, text=True).stdout
    lines = [json.loads(line) for line in out.splitlines() if line.startswith('{"sender"')]
    signed_by_packages(lines)
    signed_by_send(harness, lines)
    senders += len(lines)

print(f"{senders} senders, both ways; {failed} failed")
sys.exit(1 if failed or senders != 44 else 0)
