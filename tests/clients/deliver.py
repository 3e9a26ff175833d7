"""Signs with the providers' own libraries for Python, delivers to the example `signed`, and looks at its answers."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

import standardwebhooks.webhooks
import stripe
import svix.webhooks
from slack_sdk.signature import SignatureVerifier

BODY = json.dumps({"id": "evt_1", "type": "invoice.paid", "name": "Zoë ✓"}, ensure_ascii=False)
failed = False


def post(path, headers, body):
    request = urllib.request.Request(f"{os.environ['BASE']}/webhooks/{path}", body.encode(), headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def deliver(library, path, headers, body=BODY, answer=(204, b"")):
    global failed
    headers = {"content-type": "application/json", **headers}
    for what, sent, expected in [("genuine", body, answer), ("altered", body + " ", None)]:
        status, text = post(path, headers, sent)
        right = (status, text) == expected if expected else status == 401
        failed |= not right
        print(f"{'ok' if right else 'FAILED'}: {library}, {what}: {status}")


now = datetime.now(timezone.utc)
seconds = str(int(now.timestamp()))

for library, path, names in [(standardwebhooks, "standard_webhooks", "webhook"), (svix, "svix", "svix")]:
    secret = os.environ[f"{path.upper()}_SECRET"]
    signature = library.webhooks.Webhook(secret).sign("msg_1", now, BODY)
    headers = {f"{names}-id": "msg_1", f"{names}-timestamp": seconds, f"{names}-signature": signature}
    deliver(library.__name__, path, headers)

header = stripe.WebhookSignature.generate_signature_header(BODY, os.environ["STRIPE_SECRET"])
deliver("stripe", "stripe", {"stripe-signature": header})

slack = SignatureVerifier(os.environ["SLACK_SECRET"])


def slack_headers(body, timestamp=None):
    timestamp = timestamp or seconds
    signature = slack.generate_signature(timestamp=timestamp, body=body)
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": signature}


deliver("slack_sdk", "slack", slack_headers(BODY))
challenge = json.dumps({"token": "t", "challenge": "3eZbrw1aB10FE", "type": "url_verification"})
deliver("slack_sdk, url_verification", "slack", slack_headers(challenge), challenge, (200, b"3eZbrw1aB10FE"))

old = str(int(time.time()) - 302)
status, _ = post("slack", slack_headers(BODY, old), BODY)
failed |= status != 401
print(f"{'ok' if status == 401 else 'FAILED'}: slack_sdk, older than 300 seconds: {status}")

sys.exit(failed)
