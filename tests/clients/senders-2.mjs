// Senders whose own packages for Node sign or verify, over lines of JSON.
//
//   node senders-2.mjs sign     prints one delivery per sender, signed now with a key made for the run
//   node senders-2.mjs verify   reads such deliveries, made by another signer, and lets the packages verify them
//
// Where a package only verifies, `sign` computes the signature with Node's crypto or `standardwebhooks`, and prints
// nothing that the package does not accept.
import { createHmac, generateKeyPairSync, randomBytes, sign as signWith } from "node:crypto";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";

// Some of these packages have no ES modules, or broken ones.
const require = createRequire(import.meta.url);
const { hmacValidator: HmacValidator } = require("@adyen/api-library");
const { Fathom } = require("fathom-typescript");
const { default: Linq } = require("@linqapp/sdk");
const { signWebhookPayload, verifyWebhookSignature } = require("@notionhq/client");
const { default: NylasWebhookNotification } = require("nylas6/lib/models/webhook-notification");
const { Paddle } = require("@paddle/paddle-node-sdk");
const retell = require("retell-sdk");
const sanity = require("@sanity/webhook");
const sinch = require("@sinch/sdk-client");
const { default: Telnyx } = require("telnyx");
const { verifyTurnkeyWebhookSignature } = require("@turnkey/crypto");
const { WebflowClient } = require("webflow-api");

const milliseconds = Date.now();
const seconds = Math.floor(milliseconds / 1000);
const body = JSON.stringify({ id: "evt_1", type: "invoice.paid", event: { name: "Zoë ✓" } });
const secret = () => randomBytes(24).toString("base64url");
const hex = (key, text) => createHmac("sha256", key).update(text).digest("hex");

/** The last 32 bytes of an Ed25519 key in DER are the key. */
function ed25519() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  return { raw, sign: (text) => signWith(null, Buffer.from(text), privateKey) };
}

/** A key in hex, base64 or base64url, as bytes. */
function bytes(key) {
  return /^[0-9a-f]{64}$/i.test(key) ? Buffer.from(key, "hex") : Buffer.from(key, "base64");
}

/** A sender of Standard Webhooks: `verify` gets the key, the body and the headers, and throws. */
function standard(verify, shown = (key) => key) {
  const sign = () => {
    const key = shown(`whsec_${randomBytes(24).toString("base64")}`);
    const signature = new StandardWebhook(key.replace(/^v1,/, "")).sign("msg_1", new Date(milliseconds), body);
    return {
      key,
      headers: { "webhook-id": "msg_1", "webhook-timestamp": String(seconds), "webhook-signature": signature },
    };
  };
  return { sign, verify: ({ key, body, headers }) => (verify(key, body, headers), true) };
}

const webflow = new WebflowClient({ accessToken: "none" });
const paddle = new Paddle("none");

const senders = {
  adyen_platforms: {
    sign() {
      const key = randomBytes(32).toString("hex").toUpperCase();
      return { key, headers: { hmacsignature: new HmacValidator().calculateHmac(body, key), protocol: "HmacSHA256" } };
    },
    verify: ({ key, body, headers }) => new HmacValidator().validateHMACSignature(key, headers.hmacsignature, body),
  },
  fathom: standard((key, body, headers) => Fathom.verifyWebhook(key, headers, body)),
  // Its page says that Svix sends its webhooks.
  incident_io: standard((key, body, headers) => new SvixWebhook(key).verify(body, headers)),
  linq: standard((key, body, headers) => {
    new Linq({ apiKey: "none", webhookSecret: key }).webhooks.unwrap(body, { headers });
  }),
  notion: {
    async sign() {
      const key = `secret_${secret()}`;
      return { key, headers: { "x-notion-signature": await signWebhookPayload({ body, verificationToken: key }) } };
    },
    verify: ({ key, body, headers }) =>
      verifyWebhookSignature({ body, signature: headers["x-notion-signature"], verificationToken: key }),
  },
  // Version 6 of the package is the last one that verifies.
  nylas: {
    sign() {
      const key = secret();
      return { key, headers: { "x-nylas-signature": hex(key, body) } };
    },
    verify: ({ key, body, headers }) =>
      NylasWebhookNotification.verifyWebhookSignature(headers["x-nylas-signature"], Buffer.from(body), key),
  },
  paddle: {
    sign() {
      const key = `pdl_ntfset_${secret()}`;
      return { key, headers: { "paddle-signature": `ts=${seconds};h1=${hex(key, `${seconds}:${body}`)}` } };
    },
    verify: ({ key, body, headers }) => paddle.webhooks.isSignatureValid(body, key, headers["paddle-signature"]),
  },
  retell: {
    async sign() {
      const key = `key_${secret()}`;
      return { key, headers: { "x-retell-signature": await retell.sign(body, key) } };
    },
    verify: ({ key, body, headers }) => retell.verify(body, key, headers["x-retell-signature"]),
  },
  sanity: {
    async sign() {
      const key = secret();
      const header = await sanity.encodeSignatureHeader(body, milliseconds, key);
      return { key, headers: { [sanity.SIGNATURE_HEADER_NAME]: header } };
    },
    verify: ({ key, body, headers }) => sanity.isValidSignature(body, headers[sanity.SIGNATURE_HEADER_NAME], key),
  },
  sinch: {
    sign() {
      const key = secret();
      const nonce = randomBytes(13).toString("hex").toUpperCase();
      const signed = sinch.computeSignedData(body, nonce, String(seconds));
      return {
        key,
        headers: {
          "x-sinch-webhook-signature": sinch.calculateWebhookSignature(signed, key),
          "x-sinch-webhook-signature-nonce": nonce,
          "x-sinch-webhook-signature-timestamp": String(seconds),
          "x-sinch-webhook-signature-algorithm": "HmacSHA256",
        },
      };
    },
    verify: ({ key, body, headers }) => sinch.validateWebhookSignature(key, headers, body),
  },
  // The code of its page takes the package `standardwebhooks`, and what follows `v1,whsec_`.
  supabase: standard(
    (key, body, headers) => new StandardWebhook(key.replace("v1,whsec_", "")).verify(body, headers),
    (key) => `v1,${key}`,
  ),
  telnyx: {
    sign() {
      const pair = ed25519();
      return {
        key: pair.raw.toString("base64"),
        headers: {
          "telnyx-signature-ed25519": pair.sign(`${seconds}|${body}`).toString("base64"),
          "telnyx-timestamp": String(seconds),
        },
      };
    },
    async verify({ key, body, headers }) {
      const client = new Telnyx({ apiKey: "none", publicKey: bytes(key).toString("base64") });
      await client.webhooks.unwrap(body, { headers });
      return true;
    },
  },
  turnkey: {
    sign() {
      const pair = ed25519();
      const signed = `v1.ed25519.key-1.${milliseconds}.evt_1.${body}`;
      return {
        key: pair.raw.toString("hex"),
        headers: {
          "x-turnkey-event-id": "evt_1",
          "x-turnkey-event-type": "ACTIVITY_UPDATES",
          "x-turnkey-timestamp": String(milliseconds),
          "x-turnkey-signature": pair.sign(signed).toString("hex"),
          "x-turnkey-signature-key-id": "key-1",
          "x-turnkey-signature-version": "v1",
          "x-turnkey-signature-algorithm": "ed25519",
        },
      };
    },
    verify({ key, body, headers }) {
      const result = verifyTurnkeyWebhookSignature({
        // Not signed, so a signer may not know them.
        headers: { "x-turnkey-signature-version": "v1", "x-turnkey-signature-algorithm": "ed25519", ...headers },
        body,
        verificationKeys: [{ keyId: headers["x-turnkey-signature-key-id"], publicKey: bytes(key).toString("hex") }],
        maxTimestampAgeMs: 300_000,
      });
      if (!result.ok) throw new Error(result.reason);
      return true;
    },
  },
  webflow: {
    sign() {
      const key = secret();
      return {
        key,
        headers: {
          "x-webflow-timestamp": String(milliseconds),
          "x-webflow-signature": hex(key, `${milliseconds}:${body}`),
        },
      };
    },
    verify: ({ key, body, headers }) => webflow.webhooks.verifySignature({ headers, body, secret: key }),
  },
};

/** What the sender's package says of a delivery. */
async function verdict(delivery) {
  const sender = senders[delivery.sender];
  if (!sender) return { sender: delivery.sender, ok: false, why: "no such sender here" };
  try {
    const headers = Object.fromEntries(Object.entries(delivery.headers).map(([k, v]) => [k.toLowerCase(), v]));
    const ok = (await sender.verify({ ...delivery, headers })) === true;
    return ok ? { sender: delivery.sender, ok } : { sender: delivery.sender, ok, why: "the package said no" };
  } catch (error) {
    return { sender: delivery.sender, ok: false, why: String(error?.message ?? error) };
  }
}

if (process.argv[2] === "sign") {
  for (const [sender, { sign }] of Object.entries(senders)) {
    const delivery = { sender, ...(await sign()), body, time: seconds };
    const { ok, why } = await verdict(delivery);
    if (!ok) throw new Error(`${sender}: its package does not accept what was signed: ${why}`);
    console.log(JSON.stringify(delivery));
  }
} else if (process.argv[2] === "verify") {
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim()) console.log(JSON.stringify(await verdict(JSON.parse(line))));
  }
} else {
  console.error("usage: node senders-2.mjs sign|verify");
  process.exit(2);
}
