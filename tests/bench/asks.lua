-- wrk: post one body after another. Arguments: file of bodies, one a line; path.
local bodies, path, n = {}, "", 0
local thread_of_counts = nil

function setup(thread) thread_of_counts = thread end

function init(args)
  path = args[2]
  for line in io.lines(args[1]) do bodies[#bodies + 1] = line end
  accepted, refused = 0, 0
end

function request()
  n = n + 1
  return wrk.format("POST", path, {["Content-Type"] = "application/json"}, bodies[n % #bodies + 1])
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
