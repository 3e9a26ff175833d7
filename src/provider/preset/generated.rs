//! Made from `senders/`; to change it, change a description there, and write this file anew:
//! `UPDATE=1 cargo test --test it descriptions`.

use super::{PresetBuilder, described};

/// The names of all presets, for [`by_name`](super::by_name).
pub const NAMES: &[&str] = &[
    "adyen_platforms",
    "airtable",
    "anthropic",
    "asana",
    "ashby",
    "athenahealth",
    "attio",
    "autotask",
    "bitbucket",
    "box_com",
    "calcom",
    "calendly",
    "checkr",
    "clerk",
    "clickup",
    "coinbase_commerce",
    "contentful",
    "discord",
    "docusign",
    "dyte",
    "elevenlabs",
    "fathom",
    "figma",
    "fireflies",
    "front",
    "gemini",
    "github",
    "gitlab",
    "gocardless",
    "greenhouse",
    "highlevel",
    "hubspot",
    "incident_io",
    "intercom",
    "jira",
    "jobber",
    "line",
    "linear",
    "linq",
    "loops",
    "mailgun",
    "meta",
    "metriport",
    "microsoft_teams",
    "mollie",
    "notion",
    "nylas",
    "okta",
    "openai",
    "paddle",
    "pagerduty",
    "pandadoc",
    "razorpay",
    "recurly",
    "resend",
    "retell",
    "revenuecat",
    "rootly",
    "sanity",
    "sendgrid",
    "sentry",
    "shopify",
    "sinch",
    "slack",
    "square",
    "standard_webhooks",
    "stripe",
    "supabase",
    "svix",
    "tabapay",
    "telegram",
    "telnyx",
    "terra",
    "tiktok",
    "trello",
    "turnkey",
    "twilio",
    "twitch",
    "typeform",
    "vercel",
    "webflow",
    "websub",
    "whereby",
    "workos",
    "xero",
    "zendesk",
    "zoom",
];

const ADYEN_PLATFORMS: &str = include_str!("../../../senders/adyen_platforms.json");
const AIRTABLE: &str = include_str!("../../../senders/airtable.json");
const ANTHROPIC: &str = include_str!("../../../senders/anthropic.json");
const ASANA: &str = include_str!("../../../senders/asana.json");
const ASHBY: &str = include_str!("../../../senders/ashby.json");
const ATHENAHEALTH: &str = include_str!("../../../senders/athenahealth.json");
const ATTIO: &str = include_str!("../../../senders/attio.json");
const AUTOTASK: &str = include_str!("../../../senders/autotask.json");
const BITBUCKET: &str = include_str!("../../../senders/bitbucket.json");
const BOX_COM: &str = include_str!("../../../senders/box_com.json");
const CALCOM: &str = include_str!("../../../senders/calcom.json");
const CALENDLY: &str = include_str!("../../../senders/calendly.json");
const CHECKR: &str = include_str!("../../../senders/checkr.json");
const CLERK: &str = include_str!("../../../senders/clerk.json");
const CLICKUP: &str = include_str!("../../../senders/clickup.json");
const COINBASE_COMMERCE: &str = include_str!("../../../senders/coinbase_commerce.json");
const CONTENTFUL: &str = include_str!("../../../senders/contentful.json");
const DISCORD: &str = include_str!("../../../senders/discord.json");
const DOCUSIGN: &str = include_str!("../../../senders/docusign.json");
const DYTE: &str = include_str!("../../../senders/dyte.json");
const ELEVENLABS: &str = include_str!("../../../senders/elevenlabs.json");
const FATHOM: &str = include_str!("../../../senders/fathom.json");
const FIGMA: &str = include_str!("../../../senders/figma.json");
const FIREFLIES: &str = include_str!("../../../senders/fireflies.json");
const FRONT: &str = include_str!("../../../senders/front.json");
const GEMINI: &str = include_str!("../../../senders/gemini.json");
const GITHUB: &str = include_str!("../../../senders/github.json");
const GITLAB: &str = include_str!("../../../senders/gitlab.json");
const GOCARDLESS: &str = include_str!("../../../senders/gocardless.json");
const GREENHOUSE: &str = include_str!("../../../senders/greenhouse.json");
const HIGHLEVEL: &str = include_str!("../../../senders/highlevel.json");
const HUBSPOT: &str = include_str!("../../../senders/hubspot.json");
const INCIDENT_IO: &str = include_str!("../../../senders/incident_io.json");
const INTERCOM: &str = include_str!("../../../senders/intercom.json");
const JIRA: &str = include_str!("../../../senders/jira.json");
const JOBBER: &str = include_str!("../../../senders/jobber.json");
const LINE: &str = include_str!("../../../senders/line.json");
const LINEAR: &str = include_str!("../../../senders/linear.json");
const LINQ: &str = include_str!("../../../senders/linq.json");
const LOOPS: &str = include_str!("../../../senders/loops.json");
const MAILGUN: &str = include_str!("../../../senders/mailgun.json");
const MEDIQUO: &str = include_str!("../../../senders/mediquo.json");
const META: &str = include_str!("../../../senders/meta.json");
const METRIPORT: &str = include_str!("../../../senders/metriport.json");
const MICROSOFT_TEAMS: &str = include_str!("../../../senders/microsoft_teams.json");
const MOLLIE: &str = include_str!("../../../senders/mollie.json");
const NOTION: &str = include_str!("../../../senders/notion.json");
const NYLAS: &str = include_str!("../../../senders/nylas.json");
const OKTA: &str = include_str!("../../../senders/okta.json");
const OPENAI: &str = include_str!("../../../senders/openai.json");
const PADDLE: &str = include_str!("../../../senders/paddle.json");
const PAGERDUTY: &str = include_str!("../../../senders/pagerduty.json");
const PANDADOC: &str = include_str!("../../../senders/pandadoc.json");
const RAZORPAY: &str = include_str!("../../../senders/razorpay.json");
const RECURLY: &str = include_str!("../../../senders/recurly.json");
const RESEND: &str = include_str!("../../../senders/resend.json");
const RETELL: &str = include_str!("../../../senders/retell.json");
const REVENUECAT: &str = include_str!("../../../senders/revenuecat.json");
const ROOTLY: &str = include_str!("../../../senders/rootly.json");
const SANITY: &str = include_str!("../../../senders/sanity.json");
const SENDGRID: &str = include_str!("../../../senders/sendgrid.json");
const SENTRY: &str = include_str!("../../../senders/sentry.json");
const SHOPIFY: &str = include_str!("../../../senders/shopify.json");
const SINCH: &str = include_str!("../../../senders/sinch.json");
const SLACK: &str = include_str!("../../../senders/slack.json");
const SQUARE: &str = include_str!("../../../senders/square.json");
const STANDARD_WEBHOOKS: &str = include_str!("../../../senders/standard_webhooks.json");
const STRIPE: &str = include_str!("../../../senders/stripe.json");
const SUPABASE: &str = include_str!("../../../senders/supabase.json");
const SVIX: &str = include_str!("../../../senders/svix.json");
const TABAPAY: &str = include_str!("../../../senders/tabapay.json");
const TELEGRAM: &str = include_str!("../../../senders/telegram.json");
const TELNYX: &str = include_str!("../../../senders/telnyx.json");
const TERRA: &str = include_str!("../../../senders/terra.json");
const TIKTOK: &str = include_str!("../../../senders/tiktok.json");
const TRELLO: &str = include_str!("../../../senders/trello.json");
const TRUEMED: &str = include_str!("../../../senders/truemed.json");
const TURNKEY: &str = include_str!("../../../senders/turnkey.json");
const TWILIO: &str = include_str!("../../../senders/twilio.json");
const TWITCH: &str = include_str!("../../../senders/twitch.json");
const TYPEFORM: &str = include_str!("../../../senders/typeform.json");
const VERCEL: &str = include_str!("../../../senders/vercel.json");
const WEBFLOW: &str = include_str!("../../../senders/webflow.json");
const WEBSUB: &str = include_str!("../../../senders/websub.json");
const WHEREBY: &str = include_str!("../../../senders/whereby.json");
const WORKOS: &str = include_str!("../../../senders/workos.json");
const XERO: &str = include_str!("../../../senders/xero.json");
const ZENDESK: &str = include_str!("../../../senders/zendesk.json");
const ZOOM: &str = include_str!("../../../senders/zoom.json");

pub(in crate::provider) const DESCRIPTIONS: &[(&str, &str)] = &[
    ("adyen_platforms", ADYEN_PLATFORMS),
    ("airtable", AIRTABLE),
    ("anthropic", ANTHROPIC),
    ("asana", ASANA),
    ("ashby", ASHBY),
    ("athenahealth", ATHENAHEALTH),
    ("attio", ATTIO),
    ("autotask", AUTOTASK),
    ("bitbucket", BITBUCKET),
    ("box_com", BOX_COM),
    ("calcom", CALCOM),
    ("calendly", CALENDLY),
    ("checkr", CHECKR),
    ("clerk", CLERK),
    ("clickup", CLICKUP),
    ("coinbase_commerce", COINBASE_COMMERCE),
    ("contentful", CONTENTFUL),
    ("discord", DISCORD),
    ("docusign", DOCUSIGN),
    ("dyte", DYTE),
    ("elevenlabs", ELEVENLABS),
    ("fathom", FATHOM),
    ("figma", FIGMA),
    ("fireflies", FIREFLIES),
    ("front", FRONT),
    ("gemini", GEMINI),
    ("github", GITHUB),
    ("gitlab", GITLAB),
    ("gocardless", GOCARDLESS),
    ("greenhouse", GREENHOUSE),
    ("highlevel", HIGHLEVEL),
    ("hubspot", HUBSPOT),
    ("incident_io", INCIDENT_IO),
    ("intercom", INTERCOM),
    ("jira", JIRA),
    ("jobber", JOBBER),
    ("line", LINE),
    ("linear", LINEAR),
    ("linq", LINQ),
    ("loops", LOOPS),
    ("mailgun", MAILGUN),
    ("mediquo", MEDIQUO),
    ("meta", META),
    ("metriport", METRIPORT),
    ("microsoft_teams", MICROSOFT_TEAMS),
    ("mollie", MOLLIE),
    ("notion", NOTION),
    ("nylas", NYLAS),
    ("okta", OKTA),
    ("openai", OPENAI),
    ("paddle", PADDLE),
    ("pagerduty", PAGERDUTY),
    ("pandadoc", PANDADOC),
    ("razorpay", RAZORPAY),
    ("recurly", RECURLY),
    ("resend", RESEND),
    ("retell", RETELL),
    ("revenuecat", REVENUECAT),
    ("rootly", ROOTLY),
    ("sanity", SANITY),
    ("sendgrid", SENDGRID),
    ("sentry", SENTRY),
    ("shopify", SHOPIFY),
    ("sinch", SINCH),
    ("slack", SLACK),
    ("square", SQUARE),
    ("standard_webhooks", STANDARD_WEBHOOKS),
    ("stripe", STRIPE),
    ("supabase", SUPABASE),
    ("svix", SVIX),
    ("tabapay", TABAPAY),
    ("telegram", TELEGRAM),
    ("telnyx", TELNYX),
    ("terra", TERRA),
    ("tiktok", TIKTOK),
    ("trello", TRELLO),
    ("truemed", TRUEMED),
    ("turnkey", TURNKEY),
    ("twilio", TWILIO),
    ("twitch", TWITCH),
    ("typeform", TYPEFORM),
    ("vercel", VERCEL),
    ("webflow", WEBFLOW),
    ("websub", WEBSUB),
    ("whereby", WHEREBY),
    ("workos", WORKOS),
    ("xero", XERO),
    ("zendesk", ZENDESK),
    ("zoom", ZOOM),
];

/// Adyen, for platforms
/// ([page](https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures)).
///
/// Credential: HMAC-SHA256 of the body, in base64, in the header `hmacsignature`. Secret: Customer Area, Developers,
/// Webhooks, your webhook, Security: the HMAC key, which is generated there.
///
/// For the webhooks of balance platforms and management. The webhooks of payments are another format: there each item
/// of the body has its own signature.
///
/// Confirmed by @adyen/api-library 32.1.0 (npm), HmacValidator.calculateHmac.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let adyen_platforms = preset::adyen_platforms().key("00112233445566778899aabbccddeeff0123456789abcdef").build()?;
/// let layer = adyen_platforms.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn adyen_platforms() -> PresetBuilder {
    described(ADYEN_PLATFORMS)
}

/// Airtable ([page](https://airtable.com/developers/web/api/webhooks-overview)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-airtable-content-mac`. Secret: The answer to the call
/// that creates the webhook: `macSecretBase64`, which is shown only there.
///
/// A delivery names the base and the webhook only: fetch the changes with the list of the webhook's payloads. Each
/// webhook has a secret of its own, and a webhook expires after 7 days unless it is refreshed.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let airtable = preset::airtable().key("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = airtable.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn airtable() -> PresetBuilder {
    described(AIRTABLE)
}

/// Anthropic, Claude Managed Agents ([page](https://platform.claude.com/docs/en/managed-agents/webhooks)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `webhook-*`. Secret: Console,
/// Manage, Webhooks: the signing secret, `whsec_..`, shown once when you create the endpoint.
///
/// The member `type` of every body is `event`: the event's type is `data.type`. The body has ids only: fetch the
/// object. The body's `id` is the event's, also on a retry.
///
/// Confirmed by @anthropic-ai/sdk 1.14.0 (npm), beta.webhooks.unwrap accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let anthropic = preset::anthropic().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = anthropic.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn anthropic() -> PresetBuilder {
    described(ANTHROPIC)
}

/// Asana ([page](https://developers.asana.com/docs/webhooks-guide)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-hook-signature`. Secret: The header `X-Hook-Secret`
/// of the handshake, which Asana sends while your call that creates the webhook is open.
///
/// The first request is a handshake: it has the header `X-Hook-Secret` and must be answered with the same header, and
/// its value becomes the key. Answer it with
/// `Challenge::unsigned(Method::POST).in_header("x-hook-secret").answer_header("x-hook-secret",
/// Value::Challenge).on_challenge(function)`, and use the key once your call has succeeded. A delivery may hold
/// several events, or none: a heartbeat. Asana resends for up to 24 hours if there is no successful answer within 10
/// seconds.
///
/// Confirmed by Asana/devrel-examples 7f18334, javascript/webhooks-nodejs/index.js.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let asana = preset::asana().key("Zr41vw-new-and-random").build()?;
/// let layer = asana.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn asana() -> PresetBuilder {
    described(ASANA)
}

/// Ashby ([page](https://developers.ashbyhq.com/docs/authenticating-webhooks)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `ashby-signature`. Secret: Admin, Integrations,
/// Webhooks, your webhook: the secret token that you choose.
///
/// Without a secret token, Ashby sends no signature.
///
/// Confirmed by the Python code of the page, check_signature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let ashby = preset::ashby().key("Zr41vw-new-and-random").build()?;
/// let layer = ashby.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn ashby() -> PresetBuilder {
    described(ASHBY)
}

/// athenahealth ([page](https://github.com/athenahealth/aone-fhir-subscriptions)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-hub-signature`. Secret: You choose it: the header
/// `X-Hub-Secret` of your call that creates the Subscription.
///
/// Answer within 2 seconds. athenahealth retries for up to 1 hour. A delivery may hold several events, and order is
/// not kept. athenahealth keeps what failed for 7 days.
///
/// Confirmed by athenahealth/aone-fhir-subscriptions 391ebdd, HmacUtil.calculateHmac.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let athenahealth = preset::athenahealth().key("Zr41vw-new-and-random").build()?;
/// let layer = athenahealth.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn athenahealth() -> PresetBuilder {
    described(ATHENAHEALTH)
}

/// Attio ([page](https://docs.attio.com/rest-api/guides/webhooks)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `attio-signature`. Secret: The webhook's page in the
/// developer settings, or the answer to the call that creates it: the secret.
///
/// A delivery has one event today, in an array that may hold more. Attio sends the same signature in
/// `X-Attio-Signature` too.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let attio = preset::attio().key("Zr41vw-new-and-random").build()?;
/// let layer = attio.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn attio() -> PresetBuilder {
    described(ATTIO)
}

/// Autotask ([page](https://nango.dev/docs/api-integrations/autotask/webhooks)).
///
/// Credential: HMAC-SHA1 of the body, in base64, in the header `x-hook-signature`. Secret: You choose it: the
/// `SecretKey` of the webhook that you create with the REST API.
///
/// `Guid` is that of the webhook, and not of the event. The samples have only the members that the page names; a
/// delivery has more.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let autotask = preset::autotask().key("Zr41vw-new-and-random").build()?;
/// let layer = autotask.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn autotask() -> PresetBuilder {
    described(AUTOTASK)
}

/// Bitbucket Cloud ([page](https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-hub-signature`. Secret: Repository settings,
/// Webhooks, your webhook: the secret, which you enter or generate.
///
/// Without a secret, Bitbucket sends no signature. The headers are not signed. Bitbucket Data Center signs in the same
/// way, with other events and headers.
///
/// Confirmed by the example of Atlassian's documentation.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let bitbucket = preset::bitbucket().key("Zr41vw-new-and-random").build()?;
/// let layer = bitbucket.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn bitbucket() -> PresetBuilder {
    described(BITBUCKET)
}

/// Box ([page](https://developer.box.com/guides/webhooks/v2/signatures-v2)).
///
/// Credential: HMAC-SHA256 of the body and the time, in base64, in the header `box-signature-primary`. Secret:
/// Developer Console, your app, Webhooks, Manage signature keys: the primary key.
///
/// This is the primary key: while you replace it, also accept `box-signature-secondary` with the secondary key, by a
/// second scheme. The body's `id` stays the same when Box retries, `box-delivery-id` does not.
///
/// Confirmed by box-node-sdk 10.12.0 (npm), computeWebhookSignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let box_com = preset::box_com().key("Zr41vw-new-and-random").build()?;
/// let layer = box_com.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn box_com() -> PresetBuilder {
    described(BOX_COM)
}

/// Cal.com ([page](https://cal.com/docs/developing/guides/automation/webhooks)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-cal-signature-256`. Secret: Settings, Developer,
/// Webhooks: the secret that you choose.
///
/// Without a secret, Cal.com sends `no-secret-provided` in the place of the signature. With a payload template of your
/// own, keep `triggerEvent` in it.
///
/// Confirmed by calcom/cal.com, packages/features/webhooks/lib/sendPayload.ts, createWebhookSignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let calcom = preset::calcom().key("Zr41vw-new-and-random").build()?;
/// let layer = calcom.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn calcom() -> PresetBuilder {
    described(CALCOM)
}

/// Calendly ([page](https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures)).
///
/// Credential: HMAC-SHA256 of the time, `.` and the body, in hex, in the header `calendly-webhook-signature`, beside
/// the time. Secret: The signing key that you set when you create the subscription with a personal access token, or
/// that of your OAuth app.
///
/// Answer within 15 seconds. A 410 deletes the subscription. A rescheduled event is an `invitee.canceled` and an
/// `invitee.created`.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let calendly = preset::calendly().key("Zr41vw-new-and-random").build()?;
/// let layer = calendly.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn calendly() -> PresetBuilder {
    described(CALENDLY)
}

/// Checkr ([page](https://docs.checkr.com/apis/webhooks)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-checkr-signature`. Secret: The developer settings of
/// the Checkr Dashboard: the key that signs.
///
/// Confirmed by the example of checkr/webhook-verification-examples eea406d, and its verifySignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let checkr = preset::checkr().key("Zr41vw-new-and-random").build()?;
/// let layer = checkr.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn checkr() -> PresetBuilder {
    described(CHECKR)
}

/// Clerk ([page](https://clerk.com/docs/guides/development/webhooks/overview)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `svix-*`. Secret: Dashboard,
/// Webhooks, your endpoint: the signing secret, `whsec_..`.
///
/// Clerk sends through Svix, with the headers `svix-*`.
///
/// Confirmed by @clerk/backend 3.25.0 (npm), verifyWebhook accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let clerk = preset::clerk().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = clerk.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn clerk() -> PresetBuilder {
    described(CLERK)
}

/// ClickUp ([page](https://developer.clickup.com/docs/webhooksignature)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-signature`. Secret: The answer to the call that
/// creates the webhook: `webhook.secret`.
///
/// `webhook_id` is that of the webhook, and not of the event.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let clickup = preset::clickup().key("Zr41vw-new-and-random").build()?;
/// let layer = clickup.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn clickup() -> PresetBuilder {
    described(CLICKUP)
}

/// Coinbase Commerce ([page](https://docs.cdp.coinbase.com/commerce/api-arcitecture/webhooks-security)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-cc-webhook-signature`. Secret: Settings,
/// Notifications: the webhook shared secret.
///
/// Coinbase Commerce retries for up to 3 days. The platform's webhooks of Coinbase CDP are signed in another way.
///
/// Confirmed by coinbase-commerce-node 1.0.4 (npm), Webhook.computeSignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let coinbase_commerce = preset::coinbase_commerce().key("Zr41vw-new-and-random").build()?;
/// let layer = coinbase_commerce.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn coinbase_commerce() -> PresetBuilder {
    described(COINBASE_COMMERCE)
}

/// Contentful ([page](https://contentful.com/developers/docs/extensibility/webhooks/request-verification)).
///
/// Credential: HMAC-SHA256 of the method, `\n`, path and query, `\ncontent-type:`, the header `content-type`,
/// `;x-contentful-signed-headers:`, the header `x-contentful-signed-headers`, `;x-contentful-timestamp:`, the time,
/// `;x-contentful-topic:`, the header `x-contentful-topic`, `\n` and the body, in hex, in the header
/// `x-contentful-signature`. Secret: The space's webhook settings, Settings tab, Enable request verification: the
/// signing secret of 64 characters.
///
/// These are four signed headers: if `x-contentful-signed-headers` of your webhook lists others, write a scheme with
/// those, in its order. Give Contentful a URL without a query, which it would escape before it signs.
///
/// Confirmed by @contentful/node-apps-toolkit 3.16.1 (npm), signRequest.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let contentful = preset::contentful().key("Zr41vw-new-and-random").build()?;
/// let layer = contentful.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn contentful() -> PresetBuilder {
    described(CONTENTFUL)
}

/// Discord ([page](https://docs.discord.com/developers/events/webhook-events)).
///
/// Credential: Ed25519 of the time and the body, in hex, in the header `x-signature-ed25519`. Secret: Developer
/// Portal, your application: the public key.
///
/// The key is the application's public key. The type is that of webhook events, the id that of interactions. Discord
/// accepts only a URL that answers pings, and that answers wrong signatures with 401.
///
/// Confirmed by discord-interactions 4.4.0 (npm), verifyKey accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let discord = preset::discord().key("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").build()?;
/// let layer = discord.into_layer().handshake(Challenge::discord());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn discord() -> PresetBuilder {
    described(DISCORD)
}

/// DocuSign Connect ([page](https://developers.docusign.com/platform/webhooks/connect/validate)).
///
/// Credential: HMAC-SHA256 of the body, in base64, in the header `x-docusign-signature-1`. Secret: eSignature Admin,
/// Connect, Connect Keys: the secret key, shown in full once.
///
/// Tick "Include HMAC Signature" in the configuration. With several active keys, DocuSign sends a header for each,
/// `-1`, `-2` and so on: this one is that of the first key. These are the JSON messages, not the older XML.
///
/// Confirmed by docusign/code-examples-node, lib/connect/examples/validateWebhookMessage.js, computeHash.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let docusign = preset::docusign().key("Zr41vw-new-and-random").build()?;
/// let layer = docusign.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn docusign() -> PresetBuilder {
    described(DOCUSIGN)
}

/// Dyte ([page](https://docs.dyte.io/guides/capabilities/webhooks/signatures)).
///
/// Credential: RSA-SHA256 of the body, in base64, in the header `dyte-signature`. Secret:
/// `https://api.dyte.io/.well-known/webhooks.json`: Dyte's public key.
///
/// Its successor, Cloudflare RealtimeKit, sends the header `rtk-signature` instead.
///
/// Confirmed by the Node.js code of the page.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// # let public_key =
/// #     "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0UuMVub2AbL+d9Wjemz0d2h35j/I9ba/P3dkZgj0DK9654k8Cnn5tzEPICPDVgjl\
/// #     f2gU3ekD5YgpbLgkzwTBvnKV/KnJPFb9SrgaoWkFFQP2cGipkO1W7sjCrXSktT7yIvve29vMXWPAERTMypzpv6CWPbpdsGVbNt8QjtLNVAeJ\
/// #     DY8Gjd8QnpyFD0FnKEMMvNlvkAoIhuxAKPmsXLWUoFixYhPztEd5s7poDG4lYHExvrXNQIe+a5ZmAchPkU61GOyYx48YsSblD+zE2BRvF3wx\
/// #     QO88AFZxq7sIR/ehfZj8ZurAeitifvPLblB41AKF6sWokRZfdyvn7gVt51A7qwIDAQAB";
/// let dyte = preset::dyte().key(public_key).build()?;
/// let layer = dyte.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn dyte() -> PresetBuilder {
    described(DYTE)
}

/// ElevenLabs ([page](https://elevenlabs.io/docs/eleven-api/resources/webhooks)).
///
/// Credential: HMAC-SHA256 of the time, `.` and the body, in hex, in the header `elevenlabs-signature`, beside the
/// time. Secret: Settings, Webhooks: the secret, shown when you create the webhook.
///
/// Retries are off by default: turn them on for each webhook. After 10 failures in a row, ElevenLabs may disable the
/// webhook.
///
/// Confirmed by @elevenlabs/elevenlabs-js 2.73.0 (npm), webhooks.constructEvent accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let elevenlabs = preset::elevenlabs().key("Zr41vw-new-and-random").build()?;
/// let layer = elevenlabs.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn elevenlabs() -> PresetBuilder {
    described(ELEVENLABS)
}

/// Fathom ([page](https://www.npmjs.com/package/fathom-typescript)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `webhook-*`. Secret: The answer to
/// the call that creates the webhook: its secret, `whsec_..`.
///
/// Each delivery is the content of a meeting; there is one kind of event, and the body names none.
///
/// Confirmed by fathom-typescript 0.0.37 (npm), Fathom.verifyWebhook.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let fathom = preset::fathom().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = fathom.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn fathom() -> PresetBuilder {
    described(FATHOM)
}

/// Figma ([page](https://developers.figma.com/docs/rest-api/webhooks-security)).
///
/// Credential: a fixed key in the member `passcode` of the body. Secret: The passcode that you choose when you create
/// the webhook.
///
/// A passcode in the body covers nothing else of it. The answer 400 to a wrong passcode stops the webhook at once.
/// Figma sends a `PING` for a new webhook.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let figma = preset::figma().key("Zr41vw-new-and-random").build()?;
/// let layer = figma.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn figma() -> PresetBuilder {
    described(FIGMA)
}

/// Fireflies ([page](https://docs.fireflies.ai/graphql-api/webhooks-v2)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-hub-signature`. Secret: The page of Webhooks V2 in
/// the settings: the signing secret that you enter.
///
/// This is Webhooks V2. V1 names its events in `eventType`, and its meeting in `meetingId`.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let fireflies = preset::fireflies().key("Zr41vw-new-and-random").build()?;
/// let layer = fireflies.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn fireflies() -> PresetBuilder {
    described(FIREFLIES)
}

/// Front ([page](https://dev.frontapp.com/docs/application-webhooks)).
///
/// Credential: HMAC-SHA256 of the time, `:` and the body, in base64, in the header `x-front-signature`. Secret: The
/// developer settings, your app: the signing key.
///
/// This is for the webhooks of an application. The webhooks of rules are signed with SHA-1 and the API secret.
///
/// Confirmed by frontapp/dynamic-objects-handler 4f9ab6f, isAuthenticatedFrontRequest.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::{Sender, preset};
///
/// let front = preset::front().key("Zr41vw-new-and-random").build()?;
/// let sender = Sender::named("front").expect("it exists");
/// let challenge = sender.challenge(None)?.expect("it verifies endpoints");
/// let layer = front.into_layer().handshake(challenge);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn front() -> PresetBuilder {
    described(FRONT)
}

/// Gemini API ([page](https://ai.google.dev/gemini-api/docs/webhooks)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `webhook-*`. Secret: The answer to
/// the call that creates the webhook: `new_signing_secret`, `whsec_..`, given once.
///
/// Gemini API retries for up to 24 hours. This is for static webhooks. Dynamic ones, which a job names, have a JWT in
/// `webhook-signature` and need a scheme of your own. The body has ids and links only.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let gemini = preset::gemini().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = gemini.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn gemini() -> PresetBuilder {
    described(GEMINI)
}

/// GitHub ([page](https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-hub-signature-256`. Secret: The webhook's settings:
/// the secret that you choose.
///
/// Answer within 10 seconds. GitHub does not retry. Neither type nor id is signed: a recorded delivery can be replayed
/// under a new `X-GitHub-Delivery`. The `ping` for a new webhook is an ordinary event. Raise the body limit of 1 MiB:
/// GitHub sends up to 25 MB of JSON.
///
/// Confirmed by @octokit/webhooks-methods 6.0.0 (npm), sign.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let github = preset::github().key("Zr41vw-new-and-random").build()?;
/// let layer = github.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn github() -> PresetBuilder {
    described(GITHUB)
}

/// GitLab
/// ([page](https://docs.gitlab.com/user/project/integrations/webhooks/#validate-payloads-by-using-a-secret-token)).
///
/// Credential: a fixed key in the header `x-gitlab-token`. Secret: The webhook's settings: the secret token that you
/// choose.
///
/// A fixed token in a header proves the sender, and covers neither the body nor anything else. For a webhook with a
/// signing token, use `standard_webhooks`.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let gitlab = preset::gitlab().key("Zr41vw-new-and-random").build()?;
/// let layer = gitlab.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn gitlab() -> PresetBuilder {
    described(GITLAB)
}

/// GoCardless ([page](https://developer.gocardless.com/getting-started/api/staying-up-to-date-with-webhooks)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `webhook-signature`. Secret: Dashboard, Developers, your
/// webhook endpoint: the secret.
///
/// Answer within 10 seconds. A delivery has up to 250 events, each with its own id, `resource_type` and `action`.
/// GoCardless asks for 498 if the signature is wrong. It retries up to 8 times.
///
/// Confirmed by gocardless/gocardless-pro-python, tests/webhooks_test.py; gocardless-nodejs 10.1.2 (npm),
/// verifySignature accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let gocardless = preset::gocardless().key("Zr41vw-new-and-random").build()?;
/// let layer = gocardless.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn gocardless() -> PresetBuilder {
    described(GOCARDLESS)
}

/// Greenhouse ([page](https://developers.greenhouse.io/webhooks.html)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `signature`. Secret: The webhook's settings: the secret
/// key that you enter when you create it.
///
/// The prefix is `sha256` and a blank. The id is in a header, which is not signed.
///
/// Confirmed by the Ruby code of the page.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let greenhouse = preset::greenhouse().key("Zr41vw-new-and-random").build()?;
/// let layer = greenhouse.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn greenhouse() -> PresetBuilder {
    described(GREENHOUSE)
}

/// HighLevel ([page](https://marketplace.gohighlevel.com/docs/webhook/WebhookIntegrationGuide)).
///
/// Credential: Ed25519 of the body, in base64, in the header `x-ghl-signature`. Secret: HighLevel's Webhook
/// Integration Guide: the public key, one for all.
///
/// The older `X-WH-Signature`, with RSA, is no longer sent. Everyone has the same key, so a delivery proves HighLevel,
/// and not which app it is for: compare `appId` and `locationId`.
///
/// Confirmed by @gohighlevel/api-client 3.1.0 (npm), WebhookManager.verifyEd25519Signature accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let highlevel = preset::highlevel().key("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").build()?;
/// let layer = highlevel.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn highlevel() -> PresetBuilder {
    described(HIGHLEVEL)
}

/// HubSpot v3
/// ([page](https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation)).
///
/// Credential: HMAC-SHA256 of the method, your URL, the query, the body and the time, in base64, in the header
/// `x-hubspot-signature-v3`. Secret: Your app's settings: the client secret.
///
/// A delivery is an array of events: each has its own `subscriptionType` and an `eventId`, which is not always unique,
/// and the delivery has none. HubSpot decodes some escapes of a URL, such as `%2F` and `%40`, before it signs it: give
/// it a URL without these.
///
/// Confirmed by @hubspot/api-client 14.0.1 (npm), Signature.getSignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let hubspot = preset::hubspot().key("Zr41vw-new-and-random").public_url("https://hooks.example.com/hubspot").build()?;
/// let layer = hubspot.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn hubspot() -> PresetBuilder {
    described(HUBSPOT)
}

/// incident.io ([page](https://docs.incident.io/integrations/webhooks)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `webhook-*`. Secret: Settings,
/// Webhooks, your endpoint: the signing secret, `whsec_..`.
///
/// incident.io retries for up to 24 hours. incident.io sends through Svix, with the headers `webhook-*`. It disables
/// an endpoint that fails for 5 days.
///
/// Confirmed by svix 2.5.0 (npm), Webhook.verify: the page says that Svix sends its webhooks.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let incident_io = preset::incident_io().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = incident_io.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn incident_io() -> PresetBuilder {
    described(INCIDENT_IO)
}

/// Intercom ([page](https://developers.intercom.com/docs/webhooks)).
///
/// Credential: HMAC-SHA1 of the body, in hex, in the header `x-hub-signature`. Secret: Developer Hub, your app, Basic
/// Information: the client secret.
///
/// The algorithm is HMAC-SHA1. You get the topics of every workspace that installed your app: `app_id` tells them
/// apart.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let intercom = preset::intercom().key("Zr41vw-new-and-random").build()?;
/// let layer = intercom.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn intercom() -> PresetBuilder {
    described(INTERCOM)
}

/// Jira Cloud ([page](https://developer.atlassian.com/cloud/jira/platform/webhooks/)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-hub-signature`. Secret: System, WebHooks, your
/// webhook: the secret, which you enter or generate.
///
/// Only the webhooks that an administrator creates with a secret are signed. The identifier is the same across
/// retries, and is not signed.
///
/// Confirmed by the example of the page.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let jira = preset::jira().key("Zr41vw-new-and-random").build()?;
/// let layer = jira.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn jira() -> PresetBuilder {
    described(JIRA)
}

/// Jobber ([page](https://developer.getjobber.com/docs/using_jobbers_api/setting_up_webhooks)).
///
/// Credential: HMAC-SHA256 of the body, in base64, in the header `x-jobber-hmac-sha256`. Secret: The Developer Center,
/// your app: the OAuth client secret.
///
/// Answer within 1 second. The same event may come more than once.
///
/// Confirmed by GetJobber/Jobber-AppTemplate-RailsAPI 0456ed1, webhook_source_validation.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let jobber = preset::jobber().key("Zr41vw-new-and-random").build()?;
/// let layer = jobber.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn jobber() -> PresetBuilder {
    described(JOBBER)
}

/// LINE ([page](https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature)).
///
/// Credential: HMAC-SHA256 of the body, in base64, in the header `x-line-signature`. Secret: LINE Developers Console,
/// the channel's Basic settings: the channel secret.
///
/// A delivery has several events, each with its own `type` and `webhookEventId`; LINE recommends to process them after
/// the answer.
///
/// Confirmed by line/line-bot-sdk-nodejs, test/validate-signature.spec.ts; @line/bot-sdk 11.2.0 (npm),
/// validateSignature accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let line = preset::line().key("Zr41vw-new-and-random").build()?;
/// let layer = line.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn line() -> PresetBuilder {
    described(LINE)
}

/// Linear ([page](https://linear.app/developers/webhooks#securing-webhooks)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `linear-signature`. Secret: The webhook's settings: the
/// signing secret.
///
/// The time is in the body, so it is checked after the signature. The id is in an unsigned header: a retry with a new
/// time is a new event for the idempotency layer, unless you say what identifies an event.
///
/// Confirmed by @linear/sdk 98.0.0 (npm), LinearWebhookClient.verify accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let linear = preset::linear().key("Zr41vw-new-and-random").build()?;
/// let layer = linear.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn linear() -> PresetBuilder {
    described(LINEAR)
}

/// Linq ([page](https://www.npmjs.com/package/@linqapp/sdk)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `webhook-*`. Secret: The answer to
/// the call that creates the webhook subscription: the signing secret, `whsec_..`.
///
/// Linq retries for up to 25 minutes. Linq also sends the older headers `X-Webhook-*`, which are not needed. It
/// retries up to 10 times.
///
/// Confirmed by @linqapp/sdk 0.28.2 (npm), webhooks.unwrap.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let linq = preset::linq().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = linq.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn linq() -> PresetBuilder {
    described(LINQ)
}

/// Loops ([page](https://loops.so/docs/webhooks)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `webhook-*`. Secret: Settings,
/// Webhooks: the signing secret.
///
/// Loops has one webhook endpoint per account, and sends at most 10 events per second.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let loops = preset::loops().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = loops.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn loops() -> PresetBuilder {
    described(LOOPS)
}

/// Mailgun ([page](https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks)).
///
/// Credential: HMAC-SHA256 of the time and the member `signature.token`, in hex, in the member `signature.signature`
/// of the body. Secret: The dashboard: the HTTP webhook signing key.
///
/// The event is not signed, but only a time and a token: do not rely on the body, and fetch the event from Mailgun's
/// API. The events of a subaccount also have a `parent-signature`, made with the key of the primary account.
///
/// Confirmed by mailgun/mailgun-php 5024827, Webhook::verifyWebhookSignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let mailgun = preset::mailgun().key("Zr41vw-new-and-random").build()?;
/// let layer = mailgun.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn mailgun() -> PresetBuilder {
    described(MAILGUN)
}

/// Meta: WhatsApp, Messenger, Instagram
/// ([page](https://developers.facebook.com/docs/graph-api/webhooks/getting-started/)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-hub-signature-256`. Secret: App Dashboard, your app's
/// settings: the app secret.
///
/// The type is the `object`: what happened is in `entry[].changes[]` or `entry[].messaging[]`, of which a delivery can
/// have several. The verify token, which you choose, is only for the endpoint verification.
///
/// Confirmed by whatsapp 0.0.5-Alpha (npm, WhatsApp/WhatsApp-Nodejs-SDK), generateXHub256Sig.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let meta = preset::meta().key("Zr41vw-new-and-random").build()?;
/// let layer = meta.into_layer().handshake(Challenge::meta("the-token-that-you-chose")?);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn meta() -> PresetBuilder {
    described(META)
}

/// Metriport ([page](https://docs.metriport.com/medical-api/getting-started/webhooks)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-metriport-signature`. Secret: Developer dashboard,
/// Developers, where you set the URL: the webhook key.
///
/// Answer within 4 seconds. Metriport delivers only to endpoints that answer its pings. Answer 200.
///
/// Confirmed by @metriport/api-sdk 18.20.0 (npm), MetriportMedicalApi.verifyWebhookSignature accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let metriport = preset::metriport().key("Zr41vw-new-and-random").build()?;
/// let layer = metriport.into_layer().handshake(Challenge::metriport());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn metriport() -> PresetBuilder {
    described(METRIPORT)
}

/// Microsoft Teams, outgoing webhooks
/// ([page](https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook)).
///
/// Credential: HMAC-SHA256 of the body, in base64, in the header `authorization`. Secret: The dialog that is shown
/// after you have created the outgoing webhook: the security token.
///
/// The answer is shown in the conversation: a JSON object such as `{"type":"message","text":"Done"}`. No time is
/// signed.
///
/// Confirmed by OfficeDev/msteams-samples-outgoing-webhook-nodejs 51eab0a, app.js.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let microsoft_teams = preset::microsoft_teams().key("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = microsoft_teams.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn microsoft_teams() -> PresetBuilder {
    described(MICROSOFT_TEAMS)
}

/// Mollie, next-gen webhooks ([page](https://docs.mollie.com/reference/webhooks-new)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-mollie-signature`. Secret: The webhook's settings:
/// the signing secret.
///
/// Answer within 15 seconds. For 24 hours after you replace the secret, Mollie sends the header twice, once for each
/// secret. The classic webhooks, a form with an `id`, are not signed: fetch what the id names.
///
/// Confirmed by mollie-api-typescript 1.12.28 (npm), SignatureValidator.createSignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let mollie = preset::mollie().key("Zr41vw-new-and-random").build()?;
/// let layer = mollie.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn mollie() -> PresetBuilder {
    described(MOLLIE)
}

/// Notion ([page](https://developers.notion.com/reference/webhooks)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-notion-signature`. Secret: The member
/// `verification_token` of the request that Notion sends once you have created the subscription.
///
/// The first request is not signed, and its `verification_token` becomes the key. Enter it in the subscription's
/// settings too.
///
/// Confirmed by @notionhq/client 5.26.0 (npm), signWebhookPayload.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let notion = preset::notion().key("Zr41vw-new-and-random").build()?;
/// # let keep = |_: &http::request::Parts, _: tower_webhook::json::SecretString| {};
/// let layer = notion.into_layer().handshake(Challenge::notion(keep));
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn notion() -> PresetBuilder {
    described(NOTION)
}

/// Nylas ([page](https://developer.nylas.com/docs/v3/notifications/)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-nylas-signature`. Secret: The answer to the call that
/// creates the webhook: `webhook_secret`, which is shown only there.
///
/// Without `compressed_delivery`, which signs the compressed bytes. The verification of the endpoint is the same as
/// Dropbox's: a GET with `challenge`.
///
/// Confirmed by nylas 6.11.0 (npm), WebhookNotification.verifyWebhookSignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let nylas = preset::nylas().key("Zr41vw-new-and-random").build()?;
/// let layer = nylas.into_layer().handshake(Challenge::dropbox());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn nylas() -> PresetBuilder {
    described(NYLAS)
}

/// Okta event hooks ([page](https://developer.okta.com/docs/concepts/event-hooks/)).
///
/// Credential: a fixed key in the header `authorization`. Secret: You choose it: the authentication secret of the
/// event hook, with `Authorization` as its authentication field.
///
/// The key is the whole value of the header, with its scheme if it has one, such as `Basic ..`. The key proves who
/// sent a delivery, but nothing about its body. `eventType` at the top is the same for each delivery: the type is in
/// `data.events`.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let okta = preset::okta().key("Zr41vw-new-and-random").build()?;
/// let layer = okta.into_layer().handshake(Challenge::okta());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn okta() -> PresetBuilder {
    described(OKTA)
}

/// OpenAI ([page](https://developers.openai.com/api/docs/guides/webhooks)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `webhook-*`. Secret: Dashboard,
/// Settings, your project, Webhooks: the signing secret, `whsec_..`.
///
/// OpenAI retries for up to 3 days. The body has ids only: fetch the object.
///
/// Confirmed by openai 7.59.0 (npm), webhooks.unwrap accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let openai = preset::openai().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = openai.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn openai() -> PresetBuilder {
    described(OPENAI)
}

/// Paddle Billing ([page](https://developer.paddle.com/webhooks/about/respond-to-webhooks)).
///
/// Credential: HMAC-SHA256 of the time, `:` and the body, in hex, in the header `paddle-signature`, beside the time.
/// Secret: The notification destination: its secret key.
///
/// Answer within 5 seconds. Paddle Billing retries for up to 3 days. Live accounts retry up to 60 times.
/// `notification_id` is another one for each destination.
///
/// Confirmed by @paddle/paddle-node-sdk 3.10.0 (npm), Paddle.webhooks.isSignatureValid.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let paddle = preset::paddle().key("Zr41vw-new-and-random").build()?;
/// let layer = paddle.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn paddle() -> PresetBuilder {
    described(PADDLE)
}

/// PagerDuty ([page](https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/04-Signatures.md)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-pagerduty-signature`. Secret: The answer to the call
/// that creates the webhook subscription: the secret.
///
/// Answer within 5 seconds. PagerDuty retries for up to 48 hours. This is V3. PagerDuty does not retry after a 4xx
/// other than 429. While a secret is replaced, there is one `v1=` for each.
///
/// Confirmed by the Python code of the page, PagerDutyVerifier.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let pagerduty = preset::pagerduty().key("Zr41vw-new-and-random").build()?;
/// let layer = pagerduty.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn pagerduty() -> PresetBuilder {
    described(PAGERDUTY)
}

/// PandaDoc ([page](https://developers.pandadoc.com/docs/webhook-verification)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the parameter `signature` of the query. Secret: Developer
/// Dashboard, your webhook subscription: the shared key.
///
/// The signature is in the URL, and not in a header. The body is an array.
///
/// Confirmed by the Python code of the page, verify_webhook_signature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let pandadoc = preset::pandadoc().key("Zr41vw-new-and-random").build()?;
/// let layer = pandadoc.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn pandadoc() -> PresetBuilder {
    described(PANDADOC)
}

/// Razorpay ([page](https://razorpay.com/docs/webhooks/validate-test)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-razorpay-signature`. Secret: Dashboard, Webhooks: the
/// secret that you choose for the webhook, not the API secret.
///
/// Razorpay retries for up to 24 hours. The id is in a header that is not signed. After you change the secret, retries
/// of older events are still signed with the old one: keep both for 24 hours.
///
/// Confirmed by razorpay 2.9.8 (npm), validateWebhookSignature accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let razorpay = preset::razorpay().key("Zr41vw-new-and-random").build()?;
/// let layer = razorpay.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn razorpay() -> PresetBuilder {
    described(RAZORPAY)
}

/// Recurly ([page](https://docs.recurly.com/recurly-subscriptions/docs/signature-verification)).
///
/// Credential: HMAC-SHA256 of the time, `.` and the body, in hex, in the header `recurly-signature`. Secret: The page
/// of webhook endpoints: the secret key of your endpoint.
///
/// Recurly retries 10 times in 73 hours. Only JSON is signed, and XML is not. `event_type` says what happened, and
/// `object_type` to what. The delays of the retries are approximate.
///
/// Confirmed by the example of recurly-client-ruby, webhooks_spec.rb, and its Webhooks.verify_signature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let recurly = preset::recurly().key("Zr41vw-new-and-random").build()?;
/// let layer = recurly.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn recurly() -> PresetBuilder {
    described(RECURLY)
}

/// Resend ([page](https://resend.com/docs/webhooks/introduction)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `svix-*`. Secret: Webhooks, your
/// webhook's details: the signing secret, `whsec_..`.
///
/// Resend retries 7 times in 28 hours. Resend sends through Svix, with the headers `svix-*`.
///
/// Confirmed by resend 6.38.0 (npm), webhooks.verify accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let resend = preset::resend().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = resend.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn resend() -> PresetBuilder {
    described(RESEND)
}

/// Retell AI ([page](https://docs.retellai.com/features/secure-webhook)).
///
/// Credential: HMAC-SHA256 of the body and the time, in hex, in the header `x-retell-signature`, beside the time.
/// Secret: The API keys of the dashboard: the one with the webhook badge.
///
/// The key is an API key: only the one with the webhook badge signs.
///
/// Confirmed by retell-sdk 5.66.1 (npm), sign.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let retell = preset::retell().key("Zr41vw-new-and-random").build()?;
/// let layer = retell.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn retell() -> PresetBuilder {
    described(RETELL)
}

/// RevenueCat, signed ([page](https://www.revenuecat.com/docs/integrations/webhooks)).
///
/// Credential: HMAC-SHA256 of the time, `.` and the body, in hex, in the header `x-revenuecat-webhook-signature`,
/// beside the time. Secret: The webhook's settings: the signing secret.
///
/// Signatures are optional: turn them on for your webhook. Without them, the only proof is the `Authorization` header
/// that you chose.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let revenuecat = preset::revenuecat().key("Zr41vw-new-and-random").build()?;
/// let layer = revenuecat.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn revenuecat() -> PresetBuilder {
    described(REVENUECAT)
}

/// Rootly ([page](https://docs.rootly.com/configuration/webhooks)).
///
/// Credential: HMAC-SHA256 of the time and the body, in hex, in the header `x-rootly-signature`, beside the time.
/// Secret: The webhook's configuration: the secret.
///
/// Nothing stands between the time and the body in what is signed.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let rootly = preset::rootly().key("Zr41vw-new-and-random").build()?;
/// let layer = rootly.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn rootly() -> PresetBuilder {
    described(ROOTLY)
}

/// Sanity ([page](https://github.com/sanity-io/webhook-toolkit)).
///
/// Credential: HMAC-SHA256 of the time, `.` and the body, in URL-safe base64, in the header
/// `sanity-webhook-signature`, beside the time. Secret: You choose it: the secret of the webhook.
///
/// The body is what the projection of your webhook selects: there is no type of the event unless it adds one.
///
/// Confirmed by @sanity/webhook 4.0.4 (npm), encodeSignatureHeader.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let sanity = preset::sanity().key("Zr41vw-new-and-random").build()?;
/// let layer = sanity.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn sanity() -> PresetBuilder {
    described(SANITY)
}

/// SendGrid, event webhook
/// ([page](https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features)).
///
/// Credential: ECDSA P-256 of the time and the body, in base64, in the header
/// `x-twilio-email-event-webhook-signature`. Secret: The event webhook's settings: the verification key, a public key
/// in base64.
///
/// The key is the base64 that SendGrid shows. A delivery is an array of events: each has its own type and id, and the
/// delivery has none.
///
/// Confirmed by @sendgrid/eventwebhook 8.0.0 (npm), verifySignature accepts the delivery of its own tests.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let sendgrid = preset::sendgrid().key("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==").build()?;
/// let layer = sendgrid.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn sendgrid() -> PresetBuilder {
    described(SENDGRID)
}

/// Sentry ([page](https://docs.sentry.io/integrations/integration-platform/webhooks/)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `sentry-hook-signature`. Secret: Developer Settings,
/// your integration: the client secret.
///
/// Answer within 1 second. The header names the resource, and `action` in the body says what happened to it. Only the
/// body is signed: neither the headers nor `Sentry-Hook-Timestamp`. After 1,000 timeouts in 24 hours Sentry
/// unsubscribes the webhook.
///
/// Confirmed by getsentry/sentry 0211925, SentryApp.build_signature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let sentry = preset::sentry().key("Zr41vw-new-and-random").build()?;
/// let layer = sentry.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn sentry() -> PresetBuilder {
    described(SENTRY)
}

/// Shopify ([page](https://shopify.dev/docs/apps/build/webhooks/verify-deliveries)).
///
/// Credential: HMAC-SHA256 of the body, in base64, in the header `x-shopify-hmac-sha256`. Secret: Dev Dashboard, your
/// app's settings: the client secret; for a webhook made in the store's admin, the key under Settings, Notifications,
/// Webhooks.
///
/// Answer within 5 seconds. Shopify retries for up to 4 hours. Topic, id and time are in headers that are not signed.
/// Shopify retries 8 times, and may then delete the subscription.
///
/// Confirmed by @shopify/shopify-api 15.0.0 (npm), webhooks.validate accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let shopify = preset::shopify().key("Zr41vw-new-and-random").build()?;
/// let layer = shopify.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn shopify() -> PresetBuilder {
    described(SHOPIFY)
}

/// Sinch Conversation API ([page](https://developers.sinch.com/docs/conversation/callbacks)).
///
/// Credential: HMAC-SHA256 of the body, `.`, the header `x-sinch-webhook-signature-nonce`, `.` and the time, in
/// base64, in the header `x-sinch-webhook-signature`. Secret: You choose it: the secret of the webhook of your app.
///
/// The body names its event by the member that it has. The nonce is signed.
///
/// Confirmed by @sinch/sdk-client 1.4.0 (npm), calculateWebhookSignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let sinch = preset::sinch().key("Zr41vw-new-and-random").build()?;
/// let layer = sinch.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn sinch() -> PresetBuilder {
    described(SINCH)
}

/// Slack ([page](https://docs.slack.dev/authentication/verifying-requests-from-slack)).
///
/// Credential: HMAC-SHA256 of `v0:`, the time, `:` and the body, in hex, in the header `x-slack-signature`. Secret:
/// The app's settings: the signing secret.
///
/// Answer within 3 seconds. Slack retries 3 times in 6 minutes. Type and id are those of the Events API. Interactions
/// are forms with JSON in the field `payload`, with their type at `type`: give them a URL of their own. Commands are
/// forms without JSON: take them raw.
///
/// Confirmed by slack_sdk 3.47.0 (PyPI), SignatureVerifier.generate_signature.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let slack = preset::slack().key("Zr41vw-new-and-random").build()?;
/// let layer = slack.into_layer().handshake(Challenge::slack());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn slack() -> PresetBuilder {
    described(SLACK)
}

/// Square ([page](https://developer.squareup.com/docs/webhooks/step3validate)).
///
/// Credential: HMAC-SHA256 of your URL and the body, in base64, in the header `x-square-hmacsha256-signature`. Secret:
/// Developer Console, your application, Webhooks, Subscriptions, the endpoint's details: the signature key.
///
/// Square retries for up to 24 hours. Say the notification URL exactly as you gave it to Square, which signs it. No
/// time is checked, so a recorded delivery can be replayed.
///
/// Confirmed by square 46.0.0 (npm), WebhooksHelper.verifySignature accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let square = preset::square().key("Zr41vw-new-and-random").public_url("https://hooks.example.com/square").build()?;
/// let layer = square.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn square() -> PresetBuilder {
    described(SQUARE)
}

/// Standard Webhooks, any sender of them
/// ([page](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `webhook-*`. Secret: The endpoint's
/// settings: the signing secret, `whsec_..`, or the public key, `whpk_..`.
///
/// The key is a `whsec_` secret or a `whpk_` public key. The headers are `webhook-*` or `svix-*`.
///
/// Confirmed by standardwebhooks 1.1.1 (npm), Webhook.sign.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let standard_webhooks = preset::standard_webhooks().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = standard_webhooks.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn standard_webhooks() -> PresetBuilder {
    described(STANDARD_WEBHOOKS)
}

/// Stripe ([page](https://docs.stripe.com/webhooks#verify-manually)).
///
/// Credential: HMAC-SHA256 of the time, `.` and the body, in hex, in the header `stripe-signature`, beside the time.
/// Secret: Workbench, Webhooks, your endpoint: the signing secret, `whsec_..`.
///
/// The key is the whole text with its `whsec_`, and not base64. While you roll a secret, Stripe sends one `v1` for
/// each.
///
/// Confirmed by stripe 23.1.0 (npm), webhooks.generateTestHeaderString.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let stripe = preset::stripe().key("Zr41vw-new-and-random").build()?;
/// let layer = stripe.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn stripe() -> PresetBuilder {
    described(STRIPE)
}

/// Supabase auth hooks ([page](https://supabase.com/docs/guides/auth/auth-hooks)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `webhook-*`. Secret:
/// Authentication, Hooks, your hook: the secret, `v1,whsec_..`.
///
/// The answer is part of the login: its status and body decide what Supabase does. The URL says which hook it is, and
/// the body names no event. Database webhooks are another thing, and are not signed.
///
/// Confirmed by standardwebhooks 1.1.1 (npm), which the page's code uses.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let supabase = preset::supabase().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = supabase.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn supabase() -> PresetBuilder {
    described(SUPABASE)
}

/// Svix, any sender that uses it ([page](https://docs.svix.com/receiving/verifying-payloads/how-manual)).
///
/// Credential: Standard Webhooks: HMAC-SHA256 of id, time and body, in the headers `svix-*`. Secret: The endpoint's
/// page in the sender's portal: the signing secret, `whsec_..`.
///
/// Answer within 15 seconds. Svix, any sender that uses it retries 7 times in 28 hours. Svix sends the headers
/// `svix-*`. An answer with the header `webhook-delivery: abort-message` stops the retries.
///
/// Confirmed by svix 2.5.0 (npm), Webhook.sign.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let svix = preset::svix().key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").build()?;
/// let layer = svix.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn svix() -> PresetBuilder {
    described(SVIX)
}

/// TabaPay ([page](https://developers.tabapay.com/reference/webhook-signature-headers)).
///
/// Credential: HMAC-SHA256 of the time, `.` and the body, in hex, in the header `x-hmac-signature`, beside the time.
/// Secret: The answer to the call that creates the webhook secret: `secret`, which is shown only there.
///
/// For 48 hours after you replaced the secret, `v2` is the signature with the previous one. The `Idempotency-Key` is
/// the same across retries, and is not signed.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let tabapay = preset::tabapay().key("Zr41vw-new-and-random").build()?;
/// let layer = tabapay.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn tabapay() -> PresetBuilder {
    described(TABAPAY)
}

/// Telegram bots ([page](https://core.telegram.org/bots/api#setwebhook)).
///
/// Credential: a fixed key in the header `x-telegram-bot-api-secret-token`. Secret: You choose it: the `secret_token`
/// of your call of `setWebhook`, 1 to 256 of the characters A-Z, a-z, 0-9, `_` and `-`.
///
/// The key proves who sent a delivery, but nothing about its body. An update names its event by the member that it
/// has.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let telegram = preset::telegram().key("Zr41vw-new-and-random").build()?;
/// let layer = telegram.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn telegram() -> PresetBuilder {
    described(TELEGRAM)
}

/// Telnyx ([page](https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks)).
///
/// Credential: Ed25519 of the time, `\x7c` and the body, in base64, in the header `telnyx-signature-ed25519`. Secret:
/// Mission Control Portal, your account's keys: the public key.
///
/// Answer within 2 seconds. Telnyx tries each URL up to 3 times, and then your failover URL.
///
/// Confirmed by telnyx 7.24.0 (npm), webhooks.unwrap.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let telnyx = preset::telnyx().key("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").build()?;
/// let layer = telnyx.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn telnyx() -> PresetBuilder {
    described(TELNYX)
}

/// Terra ([page](https://docs.tryterra.co/destinations/webhooks)).
///
/// Credential: HMAC-SHA256 of the time, `.` and the body, in hex, in the header `terra-signature`, beside the time.
/// Secret: Dashboard, Connections, Destinations, Webhook, Edit: the signing secret.
///
/// Terra sends no id.
///
/// Confirmed by terra-api 2.1.0 (npm), verifyTerraWebhookSignature accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let terra = preset::terra().key("Zr41vw-new-and-random").build()?;
/// let layer = terra.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn terra() -> PresetBuilder {
    described(TERRA)
}

/// TikTok for Developers ([page](https://developers.tiktok.com/doc/webhooks-verification)).
///
/// Credential: HMAC-SHA256 of the time, `.` and the body, in hex, in the header `tiktok-signature`, beside the time.
/// Secret: The Developer Portal, your app: the client secret.
///
/// TikTok for Developers retries for up to 3 days. `content` is JSON in a string. TikTok Shop signs in another way.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let tiktok = preset::tiktok().key("Zr41vw-new-and-random").build()?;
/// let layer = tiktok.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn tiktok() -> PresetBuilder {
    described(TIKTOK)
}

/// Trello ([page](https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/)).
///
/// Credential: HMAC-SHA1 of the body and your URL, in base64, in the header `x-trello-webhook`. Secret: The API key
/// page of your Power-Up: the OAuth 1.0 secret.
///
/// The URL that is signed is the `callbackURL` as you gave it to Trello.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let trello = preset::trello().key("Zr41vw-new-and-random").public_url("https://hooks.example.com/trello").build()?;
/// let layer = trello.into_layer().handshake(Challenge::trello());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn trello() -> PresetBuilder {
    described(TRELLO)
}

/// Turnkey ([page](https://docs.turnkey.com/features/webhooks/verify-signatures)).
///
/// Credential: Ed25519 of `v1.ed25519.`, the header `x-turnkey-signature-key-id`, `.`, the time, `.`, the id, `.` and
/// the body, in hex, in the header `x-turnkey-signature`. Secret:
/// `https://api.turnkey.com/public/v1/discovery/webhooks/jwks`: the member `x` of Turnkey's key.
///
/// The id of the key is signed, and the type of the event is not. When Turnkey replaces its key, add the new one.
///
/// Confirmed by @turnkey/crypto 2.13.2 (npm), verifyTurnkeyWebhookSignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let turnkey = preset::turnkey().key("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").build()?;
/// let layer = turnkey.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn turnkey() -> PresetBuilder {
    described(TURNKEY)
}

/// Twilio ([page](https://www.twilio.com/docs/usage/webhooks/webhooks-security)).
///
/// Credential: HMAC-SHA1 of your URL and the sorted fields of a form, in the header `x-twilio-signature`. Secret:
/// Twilio Console, the account's page: the auth token.
///
/// Forms are not JSON: decode with `.raw()`. For `GET`, and for SHA-256 with a SharedKey, use `Twilio::builder()`. Say
/// the public URL that you gave to Twilio. No time is signed, so a recorded delivery can be replayed. The answer to a
/// wrong signature is 403, as in Twilio's own examples.
///
/// Confirmed by twilio 6.3.1 (npm), getExpectedTwilioSignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let twilio = preset::twilio().key("Zr41vw-new-and-random").public_url("https://hooks.example.com/twilio").raw().build()?;
/// let layer = twilio.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn twilio() -> PresetBuilder {
    described(TWILIO)
}

/// Twitch EventSub ([page](https://dev.twitch.tv/docs/eventsub/handling-webhook-events)).
///
/// Credential: HMAC-SHA256 of the id, the time and the body, in hex, in the header
/// `twitch-eventsub-message-signature`. Secret: You choose it: the `secret` of your call that creates the
/// subscription, 10 to 100 characters.
///
/// A revocation has the type of its subscription too: the header `Twitch-Eventsub-Message-Type` tells it from an
/// event.
///
/// Confirmed by twitchdev/twitch-cli fd7dac6, getSignatureHeader.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::{Sender, preset};
///
/// let twitch = preset::twitch().key("Zr41vw-new-and-random").build()?;
/// let sender = Sender::named("twitch").expect("it exists");
/// let challenge = sender.challenge(None)?.expect("it verifies endpoints");
/// let layer = twitch.into_layer().handshake(challenge);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn twitch() -> PresetBuilder {
    described(TWITCH)
}

/// Typeform ([page](https://www.typeform.com/developers/webhooks/secure-your-webhooks/)).
///
/// Credential: HMAC-SHA256 of the body, in base64, in the header `typeform-signature`. Secret: You choose it: the
/// `secret` of the webhook.
///
/// Confirmed by the Ruby code of the page, verify_signature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let typeform = preset::typeform().key("Zr41vw-new-and-random").build()?;
/// let layer = typeform.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn typeform() -> PresetBuilder {
    described(TYPEFORM)
}

/// Vercel ([page](https://vercel.com/docs/webhooks)).
///
/// Credential: HMAC-SHA1 of the body, in hex, in the header `x-vercel-signature`. Secret: The dialog that is shown
/// after you have created the webhook: the secret. For a webhook of an integration: the integration's client secret.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let vercel = preset::vercel().key("Zr41vw-new-and-random").build()?;
/// let layer = vercel.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn vercel() -> PresetBuilder {
    described(VERCEL)
}

/// Webflow ([page](https://developers.webflow.com/data/docs/working-with-webhooks)).
///
/// Credential: HMAC-SHA256 of the time, `:` and the body, in hex, in the header `x-webflow-signature`. Secret: Your
/// app's settings: the client secret of the OAuth application that created the webhook.
///
/// A webhook that was created in the dashboard or with a site's API token may have no signature.
///
/// Confirmed by webflow-api 3.3.4 (npm), webhooks.verifySignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let webflow = preset::webflow().key("Zr41vw-new-and-random").build()?;
/// let layer = webflow.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn webflow() -> PresetBuilder {
    described(WEBFLOW)
}

/// WebSub, any hub ([page](https://www.w3.org/TR/websub/#signing-content)).
///
/// Credential: HMAC-SHA256 of the body, in hex, in the header `x-hub-signature`. Secret: You choose it: the
/// `hub.secret` of your subscription, below 200 bytes.
///
/// The body is the content of the topic, in its own format, so it may be no JSON. A hub may sign with another method
/// than SHA-256: ask for one that uses it.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let websub = preset::websub().key("Zr41vw-new-and-random").build()?;
/// let layer = websub.into_layer().handshake(Challenge::websub(["https://example.com/feed"])?);
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn websub() -> PresetBuilder {
    described(WEBSUB)
}

/// Whereby ([page](https://docs.whereby.com/monitoring-usage/webhooks)).
///
/// Credential: HMAC-SHA256 of the time, `.` and the body, in hex, in the header `whereby-signature`, beside the time.
/// Secret: The configuration of your dashboard, Webhooks, your webhook: the secret.
///
/// Events may come more than once and out of order.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let whereby = preset::whereby().key("Zr41vw-new-and-random").build()?;
/// let layer = whereby.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn whereby() -> PresetBuilder {
    described(WHEREBY)
}

/// WorkOS ([page](https://workos.com/docs/events/data-syncing/webhooks)).
///
/// Credential: HMAC-SHA256 of the time, `.` and the body, in hex, in the header `workos-signature`, beside the time.
/// Secret: Dashboard, Webhooks, your endpoint: the signing secret.
///
/// WorkOS writes a blank after the comma of its header.
///
/// Confirmed by @workos-inc/node 11.0.0 (npm), webhooks.computeSignature.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let workos = preset::workos().key("Zr41vw-new-and-random").build()?;
/// let layer = workos.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn workos() -> PresetBuilder {
    described(WORKOS)
}

/// Xero ([page](https://developer.xero.com/documentation/webhooks/configuring-your-server)).
///
/// Credential: HMAC-SHA256 of the body, in base64, in the header `x-xero-signature`. Secret: The webhooks of your app:
/// the webhook signing key.
///
/// Answer within 5 seconds. Xero retries for up to 24 hours. A delivery holds several events, or none: an intent to
/// receive. Xero sends some of those with a wrong signature, and wants 401 for them. Answer without a body and without
/// cookies. After the last retry, Xero disables the webhook.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let xero = preset::xero().key("Zr41vw-new-and-random").build()?;
/// let layer = xero.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn xero() -> PresetBuilder {
    described(XERO)
}

/// Zendesk ([page](https://developer.zendesk.com/documentation/webhooks/verifying/)).
///
/// Credential: HMAC-SHA256 of the time and the body, in base64, in the header `x-zendesk-webhook-signature`. Secret:
/// The webhook's page, or the Webhooks API: the signing secret.
///
/// Type and id are those of event subscriptions: the body of a trigger or an automation is what you wrote. Requests
/// with other methods than POST can have an empty body.
///
/// Not confirmed by the sender's own code.
///
/// # Examples
///
/// ```
/// use tower_webhook::provider::preset;
///
/// let zendesk = preset::zendesk().key("Zr41vw-new-and-random").build()?;
/// let layer = zendesk.into_layer();
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn zendesk() -> PresetBuilder {
    described(ZENDESK)
}

/// Zoom ([page](https://developers.zoom.us/docs/api/webhooks)).
///
/// Credential: HMAC-SHA256 of `v0:`, the time, `:` and the body, in hex, in the header `x-zm-signature`. Secret: App
/// Marketplace, your app, Features, Access: the secret token.
///
/// Answer within 3 seconds. Zoom retries 3 times in 2 hours. Zoom sends only to an endpoint that answers its
/// validation, which it repeats every 72 hours.
///
/// Confirmed by @zoom/rivet 0.4.0 (npm), AwsLambdaReceiver accepts it.
///
/// # Examples
///
/// ```
/// use tower_webhook::{handshake::Challenge, provider::preset};
///
/// let zoom = preset::zoom().key("Zr41vw-new-and-random").build()?;
/// let layer = zoom.into_layer().handshake(Challenge::zoom());
/// # Ok::<_, tower_webhook::ConfigError>(())
/// ```
pub fn zoom() -> PresetBuilder {
    described(ZOOM)
}
