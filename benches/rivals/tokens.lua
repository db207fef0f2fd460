-- For wrk: sends the tokens of the file TOKENS in rotation, from requests that are formatted in advance. At the end it prints
-- one line for server.sh.
local requests = {}
local current = 0

function init()
  for token in io.lines(os.getenv("TOKENS")) do
    requests[#requests + 1] = wrk.format("GET", "/", { Authorization = "Bearer " .. token })
  end
end

function request()
  current = current % #requests + 1
  return requests[current]
end

function done(summary)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.timeout + e.status
  io.write(string.format("result\t%d\t%d\t%d\n", summary.requests, summary.duration, failed))
end
