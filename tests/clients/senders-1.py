"""The senders' own packages for Python, in both directions: see senders-1.mjs, which has the lines' members.

    python senders-1.py sign
    python senders-1.py verify
"""

import json
import secrets
import sys
import time

from slack_sdk.signature import SignatureVerifier

BODY = '{"type":"event_callback","event":{"type":"app_mention","text":"hi"},"event_id":"Ev08MFMKH6"}'


def slack_sign(key, body):
    timestamp = str(int(time.time()))
    signature = SignatureVerifier(key).generate_signature(timestamp=timestamp, body=body)
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": signature}


def slack_verify(line):
    headers = {name.lower(): value for name, value in line["headers"].items()}
    return SignatureVerifier(line["key"]).is_valid_request(line["body"], headers)


def sign():
    key = secrets.token_hex(16)
    headers = {"content-type": "application/json", **slack_sign(key, BODY)}
    yield {"sender": "slack", "key": key, "uri": "/hook", "headers": headers, "body": BODY, "time": int(time.time())}


def verify():
    for text in filter(str.strip, sys.stdin):
        line = json.loads(text)
        if line["sender"] != "slack":
            yield {"sender": line["sender"], "ok": False, "why": "no package of this sender is here"}
        elif slack_verify(line):
            yield {"sender": "slack", "ok": True}
        else:
            yield {"sender": "slack", "ok": False, "why": "the package says no"}


for out in {"sign": sign, "verify": verify}[sys.argv[1]]():
    print(json.dumps(out), flush=True)
