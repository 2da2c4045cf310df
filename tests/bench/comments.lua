-- wrk: post a different comment each time. Arguments: moderato|isso, file of texts, path, headers "Name: value"…
local kind, texts, path, headers = "", {}, "", {["Content-Type"] = "application/json"}
local n, run = 0, ""
local thread_of_counts = nil

function setup(thread) thread_of_counts = thread end

function init(args)
  kind, path = args[1], args[3]
  for line in io.lines(args[2]) do texts[#texts + 1] = line end
  for i = 4, #args do
    local name, value = args[i]:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  run = string.format("%x", os.time() % 65536) .. string.format("%x", math.floor(os.clock() * 1e6) % 65536)
  accepted, refused = 0, 0
end

function request()
  n = n + 1
  local reader, text = (n * 7) % 9973, texts[n % #texts + 1] .. " " .. run .. n
  if kind == "isso" then
    return wrk.format("POST", path .. (n % 50), headers, string.format(
      '{"author":"Reader %d","email":"reader%d@example.org","website":"https://reader%d.example.org/","text":"%s","title":"Article"}',
      reader, reader, reader, text))
  end
  headers["Idempotency-Key"] = run .. "-" .. n
  return wrk.format("POST", path, headers, string.format(
    '{"site":"demo","thread_url":"http://news.test/article/%d","thread_title":"Article","name":"Reader %d","email":"reader%d@example.org","website":"https://reader%d.example.org/","comment":"%s","form_token":"%s"}',
    n % 50, reader, reader, reader, text, os.getenv("FORM_TOKEN") or ""))
end

function response(status)
  if status >= 200 and status < 300 then accepted = accepted + 1 else refused = refused + 1 end
end

function done(summary, latency)
  io.write(string.format("JSON {\"accepted\": %d, \"refused\": %d, \"seconds\": %.4f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"errors\": %d}\n",
    thread_of_counts:get("accepted"), thread_of_counts:get("refused"), summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
