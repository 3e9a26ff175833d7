// Signs with the providers' own libraries for Node, delivers to the example `signed`, and looks at its answers.
import { createPrivateKey, createSign } from "node:crypto";
import { Agent, request } from "node:http";
import { sign as githubSign } from "@octokit/webhooks-methods";
import { EventWebhook } from "@sendgrid/eventwebhook";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import twilio from "twilio";

const { BASE, GITHUB_SECRET, SENDGRID_PRIVATE_KEY, SENDGRID_SECRET } = process.env;
const { STANDARD_WEBHOOKS_SECRET, STRIPE_SECRET, SVIX_SECRET } = process.env;
const { TWILIO_SECRET, TWILIO_PUBLIC_URL } = process.env;

const json = JSON.stringify({ id: "evt_1", type: "invoice.paid", name: "Zoë ✓" });
let failed = false;

async function deliver(library, path, headers, body, type = "application/json") {
  const post = async (body, path) => {
    const request = { method: "POST", headers: { "content-type": type, ...headers }, body };
    return (await fetch(`${BASE}/webhooks/${path}`, request)).status;
  };
  const forgery = path.startsWith("twilio") ? 403 : 401;
  for (const [what, body_, expected] of [["genuine", body, 204], ["altered", `${body} `, forgery]]) {
    const status = await post(body_, path);
    failed ||= status !== expected;
    console.log(`${status === expected ? "ok" : "FAILED"}: ${library}, ${what}: ${status}`);
  }
}

await deliver("@octokit/webhooks-methods", "github", {
  "x-github-event": "ping",
  "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
  "x-hub-signature-256": await githubSign(GITHUB_SECRET, json),
}, json);

const now = new Date();
const seconds = String(Math.floor(now / 1000));

await deliver("stripe", "stripe", {
  "stripe-signature": Stripe.webhooks.generateTestHeaderString({ payload: json, secret: STRIPE_SECRET }),
}, json);

await deliver("standardwebhooks", "standard_webhooks", {
  "webhook-id": "msg_1",
  "webhook-timestamp": seconds,
  "webhook-signature": new StandardWebhook(STANDARD_WEBHOOKS_SECRET).sign("msg_1", now, json),
}, json);

await deliver("svix", "svix", {
  "svix-id": "msg_1",
  "svix-timestamp": seconds,
  "svix-signature": new SvixWebhook(SVIX_SECRET).sign("msg_1", now, json),
}, json);

const form = { From: "+15005550006", Body: "Zoë ✓ + &", MessageSid: "SM1", Empty: "" };
await deliver("twilio, a form", "twilio", {
  "x-twilio-signature": twilio.getExpectedTwilioSignature(TWILIO_SECRET, TWILIO_PUBLIC_URL, form),
}, new URLSearchParams(form).toString(), "application/x-www-form-urlencoded");

const query = `?bodySHA256=${twilio.getExpectedBodyHash(json)}`;
await deliver("twilio, JSON", `twilio${query}`, {
  "x-twilio-signature": twilio.getExpectedTwilioSignature(TWILIO_SECRET, TWILIO_PUBLIC_URL + query, {}),
}, json);

// Its library verifies only, so it says first that what is delivered here is what SendGrid signs.
const events = `${JSON.stringify([{ event: "delivered", email: "jane@example.com" }])}\r\n`;
const signature = createSign("sha256").update(seconds + events).sign(createPrivateKey(SENDGRID_PRIVATE_KEY), "base64");
const sendgrid = new EventWebhook();
if (!sendgrid.verifySignature(sendgrid.convertPublicKeyToECDSA(SENDGRID_SECRET), events, signature, seconds)) {
  throw new Error("@sendgrid/eventwebhook does not take the signature");
}
await deliver("@sendgrid/eventwebhook", "sendgrid", {
  "x-twilio-email-event-webhook-signature": signature,
  "x-twilio-email-event-webhook-timestamp": seconds,
}, events);

// Node's agent keeps its connection: an answer that leaves a large body unread must not cost the next delivery.
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const overOneConnection = (headers, body) => new Promise((resolve) => {
  const options = { agent, method: "POST", headers: { "content-length": Buffer.byteLength(body), ...headers } };
  const sent = request(`${BASE}/webhooks/github`, options, (response) => {
    response.resume().on("end", () => resolve(response.statusCode));
  });
  sent.on("error", (error) => resolve(error.code)).end(body);
});
const genuine = { "x-github-event": "ping", "x-hub-signature-256": await githubSign(GITHUB_SECRET, json) };
for (let round = 1; round <= 10; round += 1) {
  const statuses = [await overOneConnection({}, " ".repeat(100_000)), await overOneConnection(genuine, json)];
  const expected = String(statuses) === "401,204";
  failed ||= !expected;
  console.log(`${expected ? "ok" : "FAILED"}: Node's keep-alive agent, round ${round}: ${statuses}`);
}
agent.destroy();

process.exit(failed ? 1 : 0);
