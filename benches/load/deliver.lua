-- One delivery, over and over; what came of it in one line, for the program that started wrk.
local file = assert(io.open(os.getenv("DELIVERY_BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Webhook-Signature"] = os.getenv("DELIVERY_KEY")
file:close()

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format("RESULT %d %d %d %d", summary.requests, summary.duration, latency:percentile(99), failed))
end
