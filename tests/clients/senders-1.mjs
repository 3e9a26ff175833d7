// The senders' own packages for Node, in both directions, one JSON object a line:
//
//   node senders-1.mjs sign     prints, for each sender, a delivery that its package has signed now
//   node senders-1.mjs verify   reads such lines from the standard input, and lets each sender's package verify its own
//
// A package that only verifies gets a delivery that Node's crypto has signed after its page, and has to accept it before
// the line is printed.
import { createHmac, createSign, generateKeyPairSync, randomBytes, sign as signWith } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const load = createRequire(import.meta.url);

const seconds = () => Math.floor(Date.now() / 1000);
const hmac = (key, text, encoding = "hex", hash = "sha256") => createHmac(hash, key).update(text).digest(encoding);
const textKey = () => randomBytes(24).toString("base64url");
const whsec = () => ({ key: `whsec_${randomBytes(24).toString("base64")}` });

/** Throws unless the package says yes. */
function must(yes) {
  if (yes !== true) throw new Error("the package says no");
}

/** What `standardwebhooks` and `svix` sign, under the names of this family. */
function standard(family, body, verify) {
  return {
    makeKey: whsec,
    body,
    sign: ({ key, body }) => {
      const { Webhook } = load(family === "svix" ? "svix" : "standardwebhooks");
      const signature = new Webhook(key).sign("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", new Date(seconds() * 1000), body);
      return {
        [`${family}-id`]: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
        [`${family}-timestamp`]: String(seconds()),
        [`${family}-signature`]: signature,
      };
    },
    verify,
  };
}

/** Reads a header of either family of Standard Webhooks. */
const either = (headers, name) => headers[`webhook-${name}`] ?? headers[`svix-${name}`];

const CONTENTFUL_TYPE = "application/vnd.contentful.management.v1+json";
const PUBLIC_URL = "https://hooks.example.com/hook";

/**
 * `makeKey` returns `key`, as the sender shows it, and perhaps `privateKey`; `sign` returns headers; `verify` throws or
 * returns unless the delivery is genuine. Bodies are compact JSON, because @zoom/rivet writes them anew.
 */
export const senders = {
  anthropic: standard(
    "webhook",
    '{"type":"event","id":"whevt_1","created_at":"2026-11-21T09:30:00Z","data":{"type":"session.status_idled","id":"sesn_1"}}',
    ({ key, headers, body }) => {
      const Anthropic = load("@anthropic-ai/sdk").default;
      new Anthropic({ apiKey: "none" }).beta.webhooks.unwrap(body, { headers, key });
    },
  ),

  box_com: {
    body: '{"type":"webhook_event","id":"eb0c4e06-751f-442c-86f8-fd5bb404dbec","trigger":"FILE.UPLOADED"}',
    sign: async ({ key, body }) => {
      const headers = {
        "box-delivery-timestamp": new Date(seconds() * 1000).toISOString().replace(".000Z", "+00:00"),
        "box-signature-algorithm": "HmacSHA256",
        "box-signature-version": "1",
      };
      const { computeWebhookSignature } = load("box-node-sdk/internal/utilsNode");
      return { ...headers, "box-signature-primary": await computeWebhookSignature(body, headers, key) };
    },
    verify: async ({ key, headers, body }) => {
      const { WebhooksManager } = load("box-node-sdk/managers/webhooks");
      const fixed = { "box-signature-algorithm": "HmacSHA256", "box-signature-version": "1" };
      must(await WebhooksManager.validateMessage(body, { ...fixed, ...headers }, key));
    },
  },

  clerk: standard("svix", '{"type":"user.created","object":"event","data":{"id":"user_1"}}', async ({ key, headers, body }) => {
    const { verifyWebhook } = load("@clerk/backend/webhooks");
    const names = ["id", "timestamp", "signature"].map((name) => [`svix-${name}`, either(headers, name)]);
    const request = new Request(PUBLIC_URL, { method: "POST", headers: Object.fromEntries(names), body });
    await verifyWebhook(request, { signingSecret: key });
  }),

  coinbase_commerce: {
    body: '{"id":1,"event":{"id":"24934862-d980-46cb-9402-43c81b0cdba6","type":"charge:confirmed","data":{"code":"66BEOV2A"}}}',
    sign: ({ key, body }) => {
      const { Webhook } = load("coinbase-commerce-node");
      return { "x-cc-webhook-signature": Webhook.computeSignature(body, key) };
    },
    verify: ({ key, headers, body }) => {
      must(load("coinbase-commerce-node").Webhook.verifySigHeader(body, headers["x-cc-webhook-signature"], key));
    },
  },

  contentful: {
    makeKey: () => ({ key: randomBytes(48).toString("base64url") }),
    body: '{"sys":{"type":"Entry","id":"3kW8"}}',
    uri: "/webhooks/contentful",
    sign: ({ key, body, uri }) => {
      const { signRequest } = load("@contentful/node-apps-toolkit");
      const headers = { "content-type": CONTENTFUL_TYPE, "x-contentful-topic": "ContentManagement.Entry.publish" };
      return { ...headers, ...signRequest(key, { method: "POST", path: uri, headers, body }, seconds() * 1000) };
    },
    verify: ({ key, headers, body, uri, method }) => {
      const { verifyRequest } = load("@contentful/node-apps-toolkit");
      must(verifyRequest(key, { method, path: uri, headers, body }));
    },
  },

  discord: {
    makeKey: () => {
      const { publicKey, privateKey } = generateKeyPairSync("ed25519");
      return { key: publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex"), privateKey };
    },
    body: '{"version":1,"application_id":"1234560123453231555","type":1,"event":{"type":"APPLICATION_AUTHORIZED"}}',
    verifiesOnly: true,
    sign: ({ privateKey, body }) => {
      const timestamp = String(seconds());
      const signature = signWith(null, Buffer.from(timestamp + body), privateKey).toString("hex");
      return { "x-signature-ed25519": signature, "x-signature-timestamp": timestamp };
    },
    verify: async ({ key, headers, body }) => {
      const { verifyKey } = load("discord-interactions");
      must(await verifyKey(body, headers["x-signature-ed25519"], headers["x-signature-timestamp"], key));
    },
  },

  elevenlabs: {
    body: '{"type":"post_call_transcription","event_timestamp":1739537297,"data":{"agent_id":"agent_1"}}',
    verifiesOnly: true,
    sign: ({ key, body }) => {
      const timestamp = seconds();
      return { "elevenlabs-signature": `t=${timestamp},v0=${hmac(key, `${timestamp}.${body}`)}` };
    },
    verify: async ({ key, headers, body }) => {
      const { ElevenLabsClient } = load("@elevenlabs/elevenlabs-js");
      await new ElevenLabsClient({ apiKey: "none" }).webhooks.constructEvent(body, headers["elevenlabs-signature"], key);
    },
  },

  github: {
    body: '{"zen":"Keep it logically awesome.","hook_id":1}',
    sign: async ({ key, body }) => {
      const { sign } = await import("@octokit/webhooks-methods");
      const delivery = { "x-github-event": "ping", "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958" };
      return { ...delivery, "x-hub-signature-256": await sign(key, body) };
    },
    verify: async ({ key, headers, body }) => {
      const { verify } = await import("@octokit/webhooks-methods");
      must(await verify(key, body, headers["x-hub-signature-256"]));
    },
  },

  gocardless: {
    body: '{"events":[{"id":"EV123","resource_type":"mandates","action":"cancelled","links":{"mandate":"MD123"}}],"meta":{"webhook_id":"WB123"}}',
    verifiesOnly: true,
    sign: ({ key, body }) => ({ "webhook-signature": hmac(key, body) }),
    verify: ({ key, headers, body }) => {
      load("gocardless-nodejs/webhooks").verifySignature(body, key, headers["webhook-signature"]);
    },
  },

  highlevel: {
    makeKey: () => {
      const { publicKey, privateKey } = generateKeyPairSync("ed25519");
      return { key: publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("base64"), privateKey };
    },
    body: '{"type":"ContactCreate","webhookId":"wh_1","locationId":"ve9EPM428h8vShlRW1KT","id":"nmFmQEsNgz6AVpgLVUJ0"}',
    verifiesOnly: true,
    sign: ({ privateKey, body }) => ({ "x-ghl-signature": signWith(null, Buffer.from(body), privateKey).toString("base64") }),
    verify: ({ key, headers, body }) => {
      const { Logger, LogLevel, WebhookManager } = load("@gohighlevel/api-client");
      const manager = new WebhookManager(new Logger(LogLevel?.NONE ?? "none"));
      must(manager.verifyEd25519Signature(body, headers["x-ghl-signature"], key));
    },
  },

  hubspot: {
    body: '[{"eventId":1,"subscriptionType":"contact.creation","objectId":123}]',
    uri: "/hook?portal=62515",
    publicUrl: PUBLIC_URL,
    sign: ({ key, body, uri, publicUrl }) => {
      const { Signature } = load("@hubspot/api-client");
      const timestamp = seconds() * 1000;
      const url = publicUrl + queryOf(uri);
      const options = { clientSecret: key, requestBody: body, url, timestamp };
      return {
        "x-hubspot-request-timestamp": String(timestamp),
        "x-hubspot-signature-v3": Signature.getSignature("POST", "v3", options),
      };
    },
    verify: ({ key, headers, body, uri, publicUrl, method }) => {
      must(load("@hubspot/api-client").Signature.isValid({
        method,
        signatureVersion: "v3",
        clientSecret: key,
        requestBody: body,
        url: publicUrl + queryOf(uri),
        timestamp: Number(headers["x-hubspot-request-timestamp"]),
        signature: headers["x-hubspot-signature-v3"],
      }));
    },
  },

  line: {
    body: '{"destination":"U0","events":[{"type":"follow","webhookEventId":"01FZ74A0TDDPYRVKNK77XKC3ZR"}]}',
    verifiesOnly: true,
    sign: ({ key, body }) => ({ "x-line-signature": hmac(key, body, "base64") }),
    verify: ({ key, headers, body }) => {
      must(load("@line/bot-sdk").validateSignature(body, key, headers["x-line-signature"]));
    },
  },

  linear: {
    body: () => `{"action":"create","type":"Comment","webhookTimestamp":${seconds() * 1000},"data":{"id":"2174add1"}}`,
    verifiesOnly: true,
    sign: ({ key, body }) => ({
      "linear-signature": hmac(key, body),
      "linear-delivery": "234d1a4e-b617-4388-90fe-adc3633d6b72",
    }),
    verify: ({ key, headers, body }) => {
      const { LinearWebhookClient } = load("@linear/sdk/webhooks");
      must(new LinearWebhookClient(key).verify(Buffer.from(body), headers["linear-signature"]));
    },
  },

  meta: {
    body: '{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"messages"}]}]}',
    sign: ({ key, body }) => ({ "x-hub-signature-256": `sha256=${metaSignature(body, key)}` }),
    verify: ({ key, headers, body }) => must(headers["x-hub-signature-256"] === `sha256=${metaSignature(body, key)}`),
  },

  metriport: {
    body: '{"meta":{"messageId":"m-1","when":"2026-11-21T09:30:00Z","type":"medical.consolidated-data"},"patients":[]}',
    verifiesOnly: true,
    sign: ({ key, body }) => ({ "x-metriport-signature": hmac(key, body) }),
    verify: ({ key, headers, body }) => {
      const { MetriportMedicalApi } = load("@metriport/api-sdk");
      must(MetriportMedicalApi.verifyWebhookSignature(key, body, headers["x-metriport-signature"]));
    },
  },

  mollie: {
    body: '{"resource":"event","id":"event_GvJ8WHrp5isUdRub9CJyH","type":"payment-link.paid","entityId":"pl_1"}',
    sign: async ({ key, body }) => {
      const { SignatureValidator } = load("mollie-api-typescript");
      return { "x-mollie-signature": `sha256=${await SignatureValidator.createSignature(body, key)}` };
    },
    verify: async ({ key, headers, body }) => {
      must(await load("mollie-api-typescript").SignatureValidator.validate(body, key, headers["x-mollie-signature"]));
    },
  },

  openai: standard(
    "webhook",
    '{"object":"event","id":"evt_1","type":"response.completed","created_at":1750287018,"data":{"id":"resp_1"}}',
    async ({ key, headers, body }) => {
      const OpenAI = load("openai").default;
      await new OpenAI({ apiKey: "none" }).webhooks.unwrap(body, headers, key);
    },
  ),

  razorpay: {
    body: '{"entity":"event","event":"payment.captured","contains":["payment"],"payload":{"payment":{"entity":{"id":"pay_1"}}}}',
    verifiesOnly: true,
    sign: ({ key, body }) => ({ "x-razorpay-signature": hmac(key, body), "x-razorpay-event-id": "evt_1" }),
    verify: ({ key, headers, body }) => {
      must(load("razorpay").validateWebhookSignature(body, headers["x-razorpay-signature"], key));
    },
  },

  resend: standard("svix", '{"type":"email.delivered","data":{"email_id":"56761188"}}', ({ key, headers, body }) => {
    const { Resend } = load("resend");
    const names = ["id", "timestamp", "signature"].map((name) => [name, either(headers, name)]);
    new Resend("re_none").webhooks.verify({ payload: body, headers: Object.fromEntries(names), webhookSecret: key });
  }),

  sendgrid: {
    makeKey: () => {
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
      return { key: publicKey.export({ type: "spki", format: "der" }).toString("base64"), privateKey };
    },
    body: '[{"event":"delivered","email":"jane@example.com","sg_event_id":"e-1"}]\r\n',
    verifiesOnly: true,
    sign: ({ privateKey, body }) => {
      const timestamp = String(seconds());
      return {
        "x-twilio-email-event-webhook-signature": createSign("sha256").update(timestamp + body).sign(privateKey, "base64"),
        "x-twilio-email-event-webhook-timestamp": timestamp,
      };
    },
    verify: ({ key, headers, body }) => {
      const { EventWebhook } = load("@sendgrid/eventwebhook");
      const [signature, timestamp] = ["signature", "timestamp"].map((name) => headers[`x-twilio-email-event-webhook-${name}`]);
      const webhook = new EventWebhook();
      must(webhook.verifySignature(webhook.convertPublicKeyToECDSA(key), body, signature, timestamp));
    },
  },

  shopify: {
    body: '{"id":820982911946154508,"email":"jane@example.com"}',
    verifiesOnly: true,
    sign: ({ key, body }) => ({ ...SHOPIFY_HEADERS, "x-shopify-hmac-sha256": hmac(key, body, "base64") }),
    verify: async ({ key, headers, body }) => {
      load("@shopify/shopify-api/adapters/node");
      const { ApiVersion, LogSeverity, shopifyApi } = load("@shopify/shopify-api");
      const shopify = shopifyApi({
        apiKey: "none",
        apiSecretKey: key,
        apiVersion: Object.values(ApiVersion).at(-2),
        hostName: "hooks.example.com",
        isEmbeddedApp: false,
        logger: { level: LogSeverity.Error },
      });
      const rawRequest = { method: "POST", url: "/hook", headers: { ...SHOPIFY_HEADERS, ...headers } };
      must((await shopify.webhooks.validate({ rawBody: body, rawRequest })).valid);
    },
  },

  square: {
    body: '{"merchant_id":"M1","type":"payment.created","event_id":"6a8f5f28-54a1-4eb0-a98a-3111513fd4fc"}',
    publicUrl: PUBLIC_URL,
    verifiesOnly: true,
    sign: ({ key, body, publicUrl }) => ({ "x-square-hmacsha256-signature": hmac(key, publicUrl + body, "base64") }),
    verify: async ({ key, headers, body, publicUrl }) => {
      must(await load("square").WebhooksHelper.verifySignature({
        requestBody: body,
        signatureHeader: headers["x-square-hmacsha256-signature"],
        signatureKey: key,
        notificationUrl: publicUrl,
      }));
    },
  },

  standard_webhooks: standard("webhook", '{"type":"contact.created","data":{"id":"1"}}', ({ key, headers, body }) => {
    const { Webhook } = load("standardwebhooks");
    new Webhook(key).verify(body, headers);
  }),

  stripe: {
    body: '{"id":"evt_1","object":"event","type":"invoice.paid","created":1700000000}',
    sign: ({ key, body }) => {
      const options = { payload: body, secret: key, timestamp: seconds() };
      return { "stripe-signature": stripe().webhooks.generateTestHeaderString(options) };
    },
    verify: ({ key, headers, body }) => {
      stripe().webhooks.constructEvent(body, headers["stripe-signature"], key);
    },
  },

  svix: standard("svix", '{"type":"contact.created","data":{"id":"1"}}', ({ key, headers, body }) => {
    const { Webhook } = load("svix");
    new Webhook(key).verify(body, headers);
  }),

  terra: {
    body: '{"status":"success","type":"auth","user":{"provider":"GARMIN"}}',
    verifiesOnly: true,
    sign: ({ key, body }) => {
      const timestamp = seconds();
      return { "terra-signature": `t=${timestamp},v1=${hmac(key, `${timestamp}.${body}`)}` };
    },
    verify: async ({ key, headers, body }) => {
      must(await load("terra-api").verifyTerraWebhookSignature(body, headers["terra-signature"], key));
    },
  },

  twilio: {
    body: "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&Text=Zo%C3%AB+%26+co",
    publicUrl: PUBLIC_URL,
    sign: ({ key, body, uri, publicUrl }) => {
      const form = Object.fromEntries(new URLSearchParams(body));
      const signature = load("twilio").getExpectedTwilioSignature(key, publicUrl + queryOf(uri), form);
      return { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature };
    },
    verify: ({ key, headers, body, uri, publicUrl }) => {
      const form = Object.fromEntries(new URLSearchParams(body));
      must(load("twilio").validateRequest(key, headers["x-twilio-signature"], publicUrl + queryOf(uri), form));
    },
  },

  workos: {
    body: '{"id":"wh_01","event":"user.created","data":{"object":"user","id":"user_01"}}',
    sign: async ({ key, body }) => {
      const timestamp = seconds() * 1000;
      const signature = await (await workos()).webhooks.computeSignature(timestamp, body, key);
      return { "workos-signature": `t=${timestamp}, v1=${signature}` };
    },
    verify: async ({ key, headers, body }) => {
      must(await (await workos()).webhooks.verifyHeader({ payload: body, sigHeader: headers["workos-signature"], secret: key }));
    },
  },

  zoom: {
    body: '{"event":"meeting.started","event_ts":1626230691572,"payload":{"account_id":"AAAAAABBBB"}}',
    verifiesOnly: true,
    sign: ({ key, body }) => {
      const timestamp = String(seconds());
      return { "x-zm-request-timestamp": timestamp, "x-zm-signature": `v0=${hmac(key, `v0:${timestamp}:${body}`)}` };
    },
    verify: async ({ key, headers, body }) => {
      const { AwsLambdaReceiver } = load("@zoom/rivet/meetings");
      const receiver = new AwsLambdaReceiver({ webhooksSecretToken: key });
      receiver.init({ eventEmitter: { emit: async () => {} } });
      const { statusCode } = await receiver.start()({ body, headers, isBase64Encoded: false }, {});
      must(statusCode === 200);
    },
  },
};

/** Shopify's package wants these headers, although they are not signed. */
const SHOPIFY_HEADERS = {
  "x-shopify-topic": "orders/create",
  "x-shopify-shop-domain": "shop.example.com",
  "x-shopify-api-version": "2026-10",
  "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
};

function queryOf(uri) {
  const at = uri.indexOf("?");
  return at < 0 ? "" : uri.slice(at);
}

/** Meta's package does not export it. */
function metaSignature(body, key) {
  const folder = dirname(load.resolve("whatsapp/package.json"));
  return load(join(folder, "build/utils.js")).generateXHub256Sig(body, key);
}

function stripe() {
  const Stripe = load("stripe");
  return Stripe.default ?? Stripe;
}

async function workos() {
  const { WorkOS } = await import("@workos-inc/node");
  return new WorkOS("sk_none");
}

/** A delivery of this sender, signed now. */
export async function delivery(name, made = (senders[name].makeKey ?? (() => ({ key: textKey() })))()) {
  const { body: text, publicUrl, uri = "/hook", sign, verify, verifiesOnly } = senders[name];
  const body = typeof text === "function" ? text() : text;
  const { key, privateKey } = made;
  const time = seconds();
  const headers = { "content-type": "application/json", ...(await sign({ key, privateKey, body, publicUrl, uri })) };
  if (verifiesOnly) await verify({ key, headers, body, publicUrl, uri, method: "POST" });
  return { sender: name, key, ...(publicUrl && { public_url: publicUrl }), uri, headers, body, time };
}

/** Whether the sender's package accepts the delivery of such a line. */
export async function verdict({ sender, key, url, public_url: given, uri: path, method = "POST", headers, body }) {
  const sent = url && new URL(url);
  const uri = path ?? (sent ? sent.pathname + sent.search : "/hook");
  const publicUrl = given ?? (sent && sent.origin + sent.pathname);
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  try {
    const verify = senders[sender]?.verify;
    if (!verify) return { sender, ok: false, why: "no package of this sender is here" };
    await verify({ key, headers: lower, body, publicUrl, uri, method });
    return { sender, ok: true };
  } catch (error) {
    return { sender, ok: false, why: String(error?.message ?? error) };
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  // Some packages log what they verify.
  for (const level of ["debug", "error", "info", "log", "warn"]) console[level] = () => {};
  if (process.argv[2] === "sign") {
    for (const name of Object.keys(senders)) print(await delivery(name));
  } else if (process.argv[2] === "verify") {
    for await (const line of createInterface({ input: process.stdin })) if (line) print(await verdict(JSON.parse(line)));
  } else {
    process.stderr.write("usage: node senders-1.mjs sign|verify\n");
    process.exit(2);
  }
  // Some packages leave timers behind.
  process.exit(0);
}
